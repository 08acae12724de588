import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { tell } from '../answer.js';
import { BacktestError, errorDocument, isErrorDocument } from '../errors.js';
import type { Token } from '../service/exchange.js';
import { mayPass, pauseBefore } from '../service/patience.js';
import { ResultTexts } from './texts.js';

export interface SocketConnectionOptions {
  /** Where live updates are: `http://localhost:8001`. */
  url: string | URL;
  /** An API key or a token; a function is asked for every connection, for tokens that expire. None where auth is off. */
  token?: Token | undefined;
  /** A socket of `socket.io-client` that is there already; `url` and `token` are its own then. */
  socket?: Socket | undefined;
  /** How long a connection may take before what waits for it has failed, ms; 10 000 by default. */
  connectTimeoutMs?: number | undefined;
  /** How long a job is followed while the connection is lost, ms; 60 000 by default. */
  patienceMs?: number | undefined;
}

/** `disconnected`: nothing needs it at the moment; the next call connects. */
export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'closed';

/** What the connection tells its user. */
export interface ConnectionUser {
  /** Whether it is to be there. */
  isBusy(): boolean;
  /** It is there, or there again. */
  connected(): void;
  /** It cannot be had: the calls that wait are to fail. */
  failed(error: BacktestError): void;
}

const OPTIONS: Partial<ManagerOptions & SocketOptions> = {
  transports: ['websocket'], // no sticky sessions needed, and no request that a policy for websockets would not allow
  autoConnect: false,
  forceNew: true,
  reconnectionDelay: 250,
  reconnectionDelayMax: 5000,
};
const CONNECT_TIMEOUT_MS = 10_000;
const PATIENCE_MS = 60_000;

/** A socket that is connected while it is needed, again when it was lost, and with a fresh token each time. */
export class Connection {
  readonly socket: Socket;
  readonly texts = new ResultTexts();
  readonly renewable: boolean;
  readonly #user: ConnectionUser;
  readonly #connectTimeoutMs: number;
  readonly #patienceMs: number;
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #waiting = new Set<{ resolve: () => void; reject: (error: BacktestError) => void }>();
  #state: ConnectionState = 'disconnected';
  #patience: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #refusals = 0;
  #refusal: BacktestError | undefined;

  constructor(options: SocketConnectionOptions, user: ConnectionUser) {
    this.#user = user;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.renewable = typeof options.token === 'function';
    this.socket =
      options.socket ?? io(String(options.url), { ...OPTIONS, auth: (give) => this.#authenticate(options, give) });
    this.socket.on('connect', () => this.#connected());
    this.socket.on('connect_error', (error) => this.#refused(error));
    this.socket.on('disconnect', (reason) => this.#lost(reason));
    this.socket.io.on('open', () => this.socket.io.engine.on('packet', this.texts.note));
    if (this.socket.connected) {
      this.socket.io.engine.on('packet', this.texts.note);
      this.#state = 'connected';
    }
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The largest message that the service reads, bytes: beyond it the connection would end without an answer. */
  get mostBytes(): number {
    const { _maxPayload } = this.socket.io.engine as unknown as { _maxPayload?: number }; // of the handshake
    return _maxPayload !== undefined && _maxPayload > 0 ? _maxPayload : Number.POSITIVE_INFINITY;
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the connection is there; rejects when it cannot be had, or not soon enough. */
  ready(): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(closed());
    if (this.socket.connected) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle =
        <T extends unknown[]>(how: (...given: T) => void) =>
        (...given: T) => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          how(...given);
        };
      const waiter = { resolve: settle(resolve), reject: settle(reject) };
      const late = `there was no connection within ${this.#connectTimeoutMs} ms`;
      const timer = setTimeout(() => {
        waiter.reject(this.#refusal ?? unavailable(late));
        this.rest();
      }, this.#connectTimeoutMs);
      this.#waiting.add(waiter);
      this.#connect();
    });
  }

  /** Connect anew, with a fresh token. */
  renew(): void {
    this.socket.disconnect();
    this.#connect();
  }

  /** Nothing tries to connect any more while nothing needs it; a connection that is there stays. */
  rest(): void {
    if (this.#state === 'connecting' && !this.#isNeeded()) this.#hangUp('disconnected');
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#hangUp('closed');
    this.#fail(closed());
  }

  #isNeeded(): boolean {
    return this.#user.isBusy() || this.#waiting.size > 0;
  }

  #authenticate({ token }: SocketConnectionOptions, give: (data: object) => void): void {
    Promise.resolve()
      .then(() => (typeof token === 'function' ? token() : token))
      .then(
        (credential) => give(credential ? { token: credential } : {}),
        (cause: unknown) => this.#giveUp(cause instanceof BacktestError ? cause : withoutToken(cause)),
      );
  }

  #connect(): void {
    this.#show('connecting');
    clearTimeout(this.#again);
    if (!this.socket.active) this.socket.connect();
  }

  #connected(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#refusals = 0;
    this.#refusal = undefined;
    this.#show('connected');
    for (const { resolve } of [...this.#waiting]) resolve();
    this.#user.connected();
  }

  /** No connection: the network, which the socket tries again by itself, or the service, which says why. */
  #refused(error: Error & { data?: unknown }): void {
    if (this.socket.active) {
      this.#missed();
      return;
    }
    const refusal = isErrorDocument(error.data)
      ? new BacktestError(error.data)
      : unavailable('the service refused the connection', error);
    this.#refusal = refusal;
    if (mayPass(refusal)) {
      this.#missed();
      this.#connectLater();
    } else this.#giveUp(refusal);
  }

  #lost(reason: string): void {
    if (this.#state === 'closed' || reason === 'io client disconnect') return;
    if (!this.#isNeeded()) {
      this.#hangUp('disconnected');
      return;
    }
    this.#missed();
    if (!this.socket.active) this.#connectLater(); // the service hung up: the token has expired, or it is stopping
  }

  #connectLater(): void {
    clearTimeout(this.#again);
    this.#refusals += 1;
    this.#again = setTimeout(() => this.#connect(), pauseBefore(this.#refusals));
  }

  #missed(): void {
    this.#show('connecting');
    this.#patience ??= setTimeout(
      () => this.#giveUp(unavailable(`the connection was lost for ${this.#patienceMs} ms`)),
      this.#patienceMs,
    );
  }

  #giveUp(error: BacktestError): void {
    this.#hangUp('disconnected');
    this.#fail(error);
  }

  #fail(error: BacktestError): void {
    for (const { reject } of [...this.#waiting]) reject(error);
    this.#user.failed(error);
  }

  #hangUp(state: ConnectionState): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#again);
    this.#patience = undefined;
    this.#show(state);
    this.socket.disconnect();
  }

  #show(state: ConnectionState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    for (const listener of [...this.#listeners]) tell(listener, state);
  }
}

export function unavailable(detail: string, cause?: unknown): BacktestError {
  return new BacktestError(errorDocument('SERVICE_UNAVAILABLE', detail), cause === undefined ? {} : { cause });
}

function withoutToken(cause: unknown): BacktestError {
  return new BacktestError(errorDocument('INTERNAL', 'there is no token to connect with'), { cause });
}

function closed(): BacktestError {
  return new BacktestError(errorDocument('CANCELLED', 'the connection was closed by its caller'));
}
