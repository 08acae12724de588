import { type Answer, answerFrom } from '../answer.js';
import { BacktestError, type ErrorCode, errorDocument } from '../errors.js';
import type { Ending } from './runner-process.js';

/** The error that the client answers with where the runner cannot. */
export function failure(
  code: ErrorCode,
  detail: string,
  requestId: string | undefined,
  cause?: unknown,
): BacktestError {
  return new BacktestError(errorDocument(code, detail, { requestId }), cause === undefined ? {} : { cause });
}

/** The error for a process that ended, or never started, without the answer that was expected of it. */
export function withoutAnswer(ending: Ending, requestId: string | undefined, saidSomething = false): BacktestError {
  if (ending.error !== undefined) {
    return failure('INTERNAL', notStarted(ending.error), requestId, ending.error);
  }
  if (ending.missing === 'script') {
    const detail = 'The runner script was not found. Set BACKTEST_RUNNER, or runnerPath, to backtest_runner.py.';
    return failed(failure('INTERNAL', detail, requestId), ending);
  }
  if (ending.missing === 'module') {
    const detail =
      'Python has no module backtester. Install backtest-runner for the Python that PYTHON_PATH names, ' +
      'or set BACKTEST_RUNNER, or runnerPath, to backtest_runner.py.';
    return failed(failure('INTERNAL', detail, requestId), ending);
  }
  const how = ending.signal === null ? `exited with status ${ending.code}` : `was ended by ${ending.signal}`;
  const detail = saidSomething
    ? `The runner ${how}, and its output is not one JSON document of the contract.`
    : `The runner ${how} before it answered.`;
  return failed(failure('WORKER_CRASHED', detail, requestId), ending);
}

/** The error for an answer past the bound. */
export function tooMuch(maxOutputBytes: number, requestId: string | undefined): BacktestError {
  const detail =
    `the answer is larger than maxOutputBytes, ${maxOutputBytes} bytes: ask for less with output.include ` +
    'or output.max_points, or raise it';
  return failure('MEMORY_LIMIT', detail, requestId);
}

/** The one document in a runner's output; undefined where it is anything else. */
export function answerIn(output: Buffer | string): Answer | undefined {
  try {
    const text = typeof output === 'string' ? output : new TextDecoder('utf-8', { fatal: true }).decode(output);
    return answerFrom(text);
  } catch {
    return undefined;
  }
}

function notStarted(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') {
    return 'the Python interpreter, or the directory cwd, was not found: set PYTHON_PATH, or pythonPath, to the interpreter';
  }
  return (
    `the Python interpreter could not be started (${error.code ?? error.name}): ` +
    'set PYTHON_PATH, or pythonPath, to the interpreter itself'
  );
}

function failed(error: BacktestError, { code }: Ending): BacktestError {
  return new BacktestError(error.document, { exitCode: code });
}
