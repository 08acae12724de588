import { type Answer, answerFrom } from '../answer.js';
import { BacktestError, type ErrorCode, type ErrorDocumentOptions, errorDocument } from '../errors.js';
import type { Ending, Missing } from './runner-process.js';

interface FailureOptions extends Pick<ErrorDocumentOptions, 'remedy' | 'retryable'> {
  cause?: unknown;
  exitCode?: number | null;
}

/** The error that the client answers with where the runner cannot. */
export function failure(
  code: ErrorCode,
  detail: string,
  requestId: string | undefined,
  { remedy, retryable, ...options }: FailureOptions = {},
): BacktestError {
  return new BacktestError(errorDocument(code, detail, { requestId, remedy, retryable }), options);
}

const SET_PYTHON =
  'Set PYTHON_PATH, or pythonPath, to the interpreter itself, for example .venv/bin/python (Windows: ' +
  '.venv\\Scripts\\python.exe). A relative path is relative to the working directory of the runner.';

/** What a runner may lack, with what to do about it. A detail in lower case is of the interpreter, which is named before it. */
const MISSING: Readonly<Record<Missing, readonly [detail: string, remedy: string]>> = {
  interpreter: ['was not found.', SET_PYTHON],
  executable: ['is not a program that may be run here.', SET_PYTHON],
  directory: ['is a directory.', SET_PYTHON],
  shim: ["is a version manager's shim that found no Python.", SET_PYTHON],
  cwd: ['The working directory of the runner, cwd, was not found.', 'Set cwd to a directory that exists.'],
  script: ['The runner script was not found.', 'Set BACKTEST_RUNNER, or runnerPath, to backtest_runner.py.'],
  module: [
    'has no module backtester.',
    'Install backtest-runner for the Python that PYTHON_PATH or pythonPath names, or set BACKTEST_RUNNER, or ' +
      'runnerPath, to backtest_runner.py.',
  ],
};

/** The interpreter, as the subject of a sentence. */
function interpreter({ python, unnamed }: Ending): string {
  const name = JSON.stringify(python.length > 100 ? `${python.slice(0, 99)}…` : python);
  return unnamed ? `PYTHON_PATH is not set, and the default interpreter ${name}` : `The Python interpreter ${name}`;
}

/** The error for a process that ended, or never started, without the answer that was expected of it. */
export function withoutAnswer(ending: Ending, requestId: string | undefined, saidSomething = false): BacktestError {
  const { code: exitCode, error, missing, refusal, signal } = ending;
  if (refusal !== undefined) {
    const { request_id: _, ...document } = refusal;
    return new BacktestError(requestId === undefined ? document : { ...document, request_id: requestId }, { exitCode });
  }
  const options = error === undefined ? { exitCode } : { exitCode, cause: error };
  if (missing !== undefined) {
    const [detail, remedy] = MISSING[missing];
    const said = /^[a-z]/.test(detail) ? `${interpreter(ending)} ${detail}` : detail;
    return failure('ENVIRONMENT', said, requestId, { ...options, remedy });
  }
  if (error !== undefined) {
    const { code = error.name } = error as NodeJS.ErrnoException;
    const remedy = 'Try again when this machine has processes, files and memory to spare.';
    return failure('WORKER_CRASHED', `The runner could not be started (${code}).`, requestId, { ...options, remedy });
  }
  const how = signal === null ? `exited with status ${exitCode}` : `was ended by ${signal}`;
  const detail = saidSomething
    ? `The runner ${how}, and its output is not one JSON document of the contract.`
    : `The runner ${how} before it answered.`;
  return failure('WORKER_CRASHED', detail, requestId, options);
}

/** The error for an answer past the bound. */
export function tooMuch(maxOutputBytes: number, requestId: string | undefined): BacktestError {
  return failure('RESULT_TOO_LARGE', `The answer is larger than maxOutputBytes, ${maxOutputBytes} bytes.`, requestId, {
    remedy: 'Request fewer blocks (`output.include`) or fewer points (`output.max_points`), or raise `maxOutputBytes`.',
  });
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
