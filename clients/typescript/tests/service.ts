import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Answer, documentText } from '../src/answer.js';
import { env, PATIENCE_MS, root, runner, temporary } from './support.js';

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const begun = new Set<Service>();
afterAll(() => Promise.all([...begun].map((service) => service.end('SIGKILL')))); // whatever else went wrong

/** The real service, `python -m backtester serve`, on free ports and with a store of its own. */
export class Service {
  readonly folder = mkdtempSync(join(temporary, 'service-'));
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    readonly socketsPort: number,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Service> {
    const service = new Service(await freePort(), await freePort(), settings);
    begun.add(service);
    await service.begin();
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get socketsUrl(): string {
    return `http://127.0.0.1:${this.socketsPort}`;
  }

  /** Start it, or start it again, where it was. */
  async begin(): Promise<void> {
    const ports = ['--port', String(this.port), '--sockets-port', String(this.socketsPort)];
    this.#process = spawn(runner.pythonPath, ['-m', 'backtester', 'serve', '--workers', '2', ...ports], {
      cwd: root,
      env: {
        ...process.env,
        ...env,
        BACKTEST_CACHE_DIR: this.folder,
        BACKTEST_RATE_LIMIT: '0',
        BACKTEST_LEASE_SECONDS: '6',
        ...this.settings,
      },
      stdio: 'ignore',
    });
    const ends = Date.now() + PATIENCE_MS;
    for (const url of [this.url, this.socketsUrl]) {
      while (!(await answers(`${url}/health/ready`))) {
        if (Date.now() > ends || this.#process.exitCode !== null) throw new Error('the service did not start');
        await pause(50);
      }
    }
  }

  /** End it: asked to, or at once, as a machine that loses its power does. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const process = this.#process;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await ended;
    for (const port of [this.port, this.socketsPort]) while (await isListening(port)) await pause(20);
  }

  /** Lose everything that it knows. */
  forget(): void {
    rmSync(join(this.folder, 'service'), { recursive: true, force: true });
  }
}

/** Asked without fetch: where there is a DOM it asks in the name of a page. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
}

/** A wire to a port, that can be cut. */
export class Wire {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  /** How many connections there have been. */
  connections = 0;
  /** Told of what the client sends; what it answers `cut` to never arrives. */
  onSent: (text: string) => 'cut' | undefined = () => undefined;
  /** Told of what the service sends, once it has arrived. */
  onTold: (text: string) => void = () => undefined;
  port = 0;

  private constructor(target: number) {
    this.#server = createServer((near) => {
      this.connections += 1;
      const far = connect(target, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on('data', (piece) => {
        if (this.onSent(piece.toString('latin1')) === 'cut') near.destroy();
        else far.write(piece);
      });
      far.on('data', (piece) => {
        near.write(piece);
        this.onTold(piece.toString('latin1'));
      });
    });
  }

  static async to(target: number): Promise<Wire> {
    const wire = new Wire(target);
    await new Promise<void>((listening) => wire.#server.listen(0, '127.0.0.1', listening));
    const address = wire.#server.address();
    wire.port = typeof address === 'object' && address !== null ? address.port : 0;
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Break every connection; new ones may come. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

/** A token of a browser, as an operator's own server would mint it. */
export function mint(secret: string, owner: string, { seconds = 600, scope = 'run read' } = {}): string {
  const iat = Math.floor(Date.now() / 1000);
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { aud: 'backtest', sub: owner, scope, iat, exp: iat + seconds };
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** An answer's own text, without what differs from run to run. */
export const untimedText = (answer: Answer): string => documentText(answer).replace(/"timing_ms":\{[^}]*\}/, '');
