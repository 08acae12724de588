/** Which Python runs which runner, and in what surroundings. */
export interface RunnerOptions {
  /**
   * The Python interpreter itself, not a version manager's shim; on Windows `…\Scripts\python.exe`.
   *
   * @default process.env.PYTHON_PATH, else python3 (Windows: python.exe)
   */
  pythonPath?: string | undefined;
  /**
   * The script `backtest_runner.py`.
   *
   * @default process.env.BACKTEST_RUNNER, else the module of the installed Python package: `-m backtester`
   */
  runnerPath?: string | undefined;
  /** The runner's working directory; relative paths are relative to it. */
  cwd?: string | undefined;
  /** Added to this process's environment; undefined takes a variable away. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * How much a run may answer, bytes.
   *
   * @default 67108864 (64 MiB)
   */
  maxOutputBytes?: number | undefined;
  /** Told each line that Python or a library writes to stderr; a clean run writes none. */
  onStderr?: ((line: string) => void) | undefined;
}

export const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What to spawn for a runner with some flags. */
export interface Command {
  python: string;
  args: string[];
  /** Whether `python` is the default, because neither pythonPath nor PYTHON_PATH names one. */
  unnamed: boolean;
  /** The script's path; undefined where the installed module is run. */
  script: string | undefined;
}

export function runnerCommand({ pythonPath, runnerPath }: RunnerOptions, flags: readonly string[]): Command {
  const named = pythonPath || process.env['PYTHON_PATH'] || undefined;
  const python = named ?? (process.platform === 'win32' ? 'python.exe' : 'python3');
  const script = runnerPath || process.env['BACKTEST_RUNNER'] || undefined;
  return {
    python,
    args: [...(script === undefined ? ['-m', 'backtester'] : [script]), ...flags],
    unnamed: named === undefined,
    script,
  };
}
