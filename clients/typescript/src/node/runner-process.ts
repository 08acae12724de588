import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parsed, tell } from '../answer.js';
import type { BacktestErrorDocument } from '../generated/error.js';
import type { ProgressEvent } from '../generated/progress.js';
import { type RunnerOptions, runnerCommand } from './command.js';
import { Lines } from './lines.js';

/** How long a runner that was asked to stop may take, ms; then it is killed. */
export const GRACE_MS = 1000;
/** How long the output of a process that has ended may be held open by something that it left behind, ms. */
const LINGER_MS = 1000;
/** A longer line on stderr is passed on in pieces. */
const MOST_OF_A_LINE = 64 * 1024;
/** With what a shell ends, and with it a version manager's shim, that cannot run a program or finds none; Windows' alias. */
const SHIM_EXITS: readonly number[] = [126, 127, 9009];
/** Why a program cannot be started that is none, or none that may be run; other reasons pass. */
const NO_PROGRAM: readonly string[] = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ENOEXEC', 'ELOOP', 'ENAMETOOLONG'];

/** What a runner lacked, so that no run can succeed before somebody has seen to it. */
export type Missing = 'interpreter' | 'executable' | 'directory' | 'shim' | 'cwd' | 'script' | 'module';

/** How a runner's process ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Why it never started. */
  error?: Error;
  missing?: Missing;
  /** The interpreter, as it was named, or the default's name. */
  python: string;
  /** Whether it is the default, because PYTHON_PATH and pythonPath were forgotten. */
  unnamed: boolean;
  /** What it answered in place of being ready: the ENVIRONMENT that it was started in will not do. */
  refusal?: BacktestErrorDocument;
}

type Interpreter = Pick<Ending, 'python' | 'unnamed'>;

export interface Listeners {
  onStdout: (chunk: Buffer) => void;
  onProgress: (event: ProgressEvent) => void;
}

/** A runner's process, with everything that it starts: it is spawned without a shell, and ends as a whole. */
export class RunnerProcess {
  /** Resolves, never rejects, when the process has ended and its output has been read. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess | undefined;
  readonly #onProgress: Listeners['onProgress'];
  readonly #onStderr: RunnerOptions['onStderr'];
  #missing: Ending['missing'];
  /** Whether it was told to end. */
  stopping = false;
  #over = false;
  #grace: NodeJS.Timeout | undefined;

  constructor(options: RunnerOptions, flags: readonly string[], { onStdout, onProgress }: Listeners) {
    this.#onProgress = onProgress;
    this.#onStderr = options.onStderr;
    const { python, args, unnamed } = runnerCommand(options, flags);
    const interpreter = { python, unnamed };
    try {
      this.#child = spawn(python, args, {
        cwd: options.cwd,
        env: { ...process.env, ...options.env, BACKTEST_PROGRESS_FD: undefined }, // progress comes on stderr
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32', // a process group of its own, so that all of it can be ended
        windowsHide: true,
      });
    } catch (error) {
      this.#over = true;
      this.ended = Promise.resolve(notStarted(error as Error, interpreter, options.cwd));
      return;
    }
    this.ended = this.#watch(this.#child, onStdout, interpreter, options.cwd);
  }

  /** False once it has ended or is about to. */
  get open(): boolean {
    return !this.#over && !this.stopping;
  }

  /** Write to stdin. A process that has gone, or does not read, is noticed by how it ends. */
  write(text: string | Uint8Array): void {
    this.#child?.stdin?.write(text);
  }

  /** Write the last of stdin. */
  end(text: string | Uint8Array): void {
    this.#child?.stdin?.end(text);
  }

  /** Ask all of it to end, and kill it where it has not after the grace. */
  stop(): void {
    if (this.#over || this.stopping) return;
    this.stopping = true;
    this.#child?.stdin?.destroy(); // nothing more is to come: it need not wait for the rest of a request
    this.#signal('SIGTERM');
    this.#grace = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS);
  }

  /** Say whether this process may keep the program from ending by itself. */
  hold(held: boolean): void {
    const child = this.#child;
    for (const handle of [child, child?.stdin, child?.stdout, child?.stderr]) {
      const { ref, unref } = (handle ?? {}) as { ref?: () => void; unref?: () => void }; // pipes are sockets
      (held ? ref : unref)?.call(handle);
    }
  }

  #watch(
    child: ChildProcess,
    onStdout: Listeners['onStdout'],
    interpreter: Interpreter,
    cwd: string | undefined,
  ): Promise<Ending> {
    const stderr = new Lines();
    child.stdin?.on('error', () => {}); // EPIPE: it may answer before it has read everything
    child.stdout?.on('data', onStdout);
    child.stderr?.on('data', (chunk: Buffer) => {
      for (const line of stderr.push(chunk)) this.#read(line);
      if (stderr.pending > MOST_OF_A_LINE) this.#read(stderr.take());
    });
    return new Promise((resolve) => {
      const finish = (ending: Ending) => {
        if (stderr.pending > 0) this.#read(stderr.take());
        const missing = this.#missing ?? (SHIM_EXITS.includes(ending.code ?? 0) ? 'shim' : ending.missing);
        resolve(missing === undefined ? ending : { ...ending, missing });
      };
      let linger: NodeJS.Timeout | undefined;
      child.once('exit', () => {
        this.#over = true;
        clearTimeout(this.#grace);
        if (this.stopping && process.platform !== 'win32') this.#signal('SIGKILL'); // what the process itself has left behind
        linger = setTimeout(() => {
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, LINGER_MS);
      });
      child.once('close', (code, signal) => {
        clearTimeout(linger);
        finish({ ...interpreter, code, signal });
      });
      child.on('error', (error) => {
        if (child.pid !== undefined) return; // a signal that could not be sent; how it ends will tell
        this.#over = true;
        finish(notStarted(error, interpreter, cwd));
      });
    });
  }

  #read(line: string): void {
    const event = line.startsWith('{') ? (parsed(line) as { event?: unknown } | undefined) : undefined;
    if (event?.event === 'progress') {
      this.#onProgress(event as ProgressEvent);
      return;
    }
    if (/No module named '?backtester\b/.test(line)) this.#missing = 'module';
    else if (/can't open file .*No such file/.test(line)) this.#missing = 'script';
    if (line !== '') tell(this.#onStderr, line);
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    if (process.platform === 'win32') {
      const kill = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
      kill.on('error', () => this.#child?.kill());
      return;
    }
    try {
      process.kill(-pid, signal);
    } catch {
      // the whole group has ended already
    }
  }
}

/** How a process ended that could not be started. */
function notStarted(error: NodeJS.ErrnoException, interpreter: Interpreter, cwd: string | undefined): Ending {
  const { python } = interpreter;
  const ending: Ending = { ...interpreter, code: null, signal: null, error };
  if (cwd !== undefined && !isDirectory(cwd)) return { ...ending, missing: 'cwd' };
  if (error.code === 'ERR_INVALID_ARG_VALUE') return { ...ending, missing: 'interpreter' };
  if (!NO_PROGRAM.includes(error.code ?? '')) return ending;
  const path = cwd === undefined || isAbsolute(python) ? python : join(/* turbopackIgnore: true */ cwd, python);
  if (isDirectory(path)) return { ...ending, missing: 'directory' };
  const there = /[\\/]/.test(python) && existsSync(/* turbopackIgnore: true */ path);
  return { ...ending, missing: there ? 'executable' : 'interpreter' };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(/* turbopackIgnore: true */ path).isDirectory();
  } catch {
    return false;
  }
}
