import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { BacktestError, ERROR_CODES, type ErrorCode, errorDocument, isErrorDocument } from '../src/index.js';
import { request, root, runner } from './support.js';

/** What the real runner prints. */
function printed(input: unknown, env: Record<string, string> = {}) {
  const { stdout } = spawnSync(runner.pythonPath, [runner.runnerPath], {
    input: typeof input === 'string' ? input : JSON.stringify(input),
    env: { ...process.env, ...runner.env, ...env },
    encoding: 'utf8',
  });
  return { text: stdout.trim(), document: JSON.parse(stdout) };
}

describe('errorDocument', () => {
  it.each([
    ['no JSON', 'nonsense', {}],
    ['an invalid request', { ...request, request_id: 'x', initial_capital: -1 }, {}],
    ['a strategy that does not exist', { ...request, strategy: 'x' }, {}],
    ['a symbol that does not exist', { ...request, holdings: [{ symbol: 'NOPE', allocation: 1 }] }, {}],
    ['a period without prices', { ...request, start_date: '1950-01-01', end_date: '1951-01-01' }, {}],
    ['a deadline', { ...request, limits: { timeout_seconds: 0.001 } }, {}],
    ['too large a request', request, { BACKTEST_MAX_REQUEST_BYTES: '20' }],
  ])('builds, to the byte, what the runner answers to %s', (_, input, env) => {
    const { text, document } = printed(input, env);
    const { code, detail, request_id: requestId, errors, remedy, retryable } = document;
    const ours = JSON.stringify(errorDocument(code, detail, { requestId, errors, remedy, retryable }));
    expect(JSON.parse(ours)).toEqual(document);
    expect(ours).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('has every code that the table of the runner has', () => {
    const call =
      'import json; from backtester.model.errors import BacktestError; from backtester.model.codes import ERROR_CODES; ' +
      'print(json.dumps({code: BacktestError(code, "d").as_document() for code in ERROR_CODES}))';
    const { stdout } = spawnSync(runner.pythonPath, ['-c', call], { cwd: root, encoding: 'utf8' });
    const ours = Object.keys(ERROR_CODES).map((code) => [code, errorDocument(code as ErrorCode, 'd')]);
    expect(Object.fromEntries(ours)).toEqual(JSON.parse(stdout));
  });
});

describe('isErrorDocument', () => {
  it('tells an error from a result and from anything else', () => {
    expect(isErrorDocument(errorDocument('INTERNAL', 'd'))).toBe(true);
    for (const other of [
      null,
      'INTERNAL',
      {},
      { success: true },
      { success: false },
      [],
      { title: 'Bad Gateway', status: 502 },
    ]) {
      expect(isErrorDocument(other)).toBe(false);
    }
  });
});

describe('BacktestError', () => {
  it('is an Error with the members of its document', () => {
    const cause = new Error('why');
    const error = new BacktestError(errorDocument('TIMEOUT', 'too long'), { exitCode: 4, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'TIMEOUT', status: 504, retryable: false, problems: [], exitCode: 4, cause });
    expect(error.message).toBe('TIMEOUT: too long');
    expect('cause' in new BacktestError(error.document)).toBe(false);
  });

  it('spells out the first problems in its message', () => {
    const errors = Array.from({ length: 7 }, (_, i) => ({
      pointer: `/${i}`,
      code: 'REQUIRED' as const,
      detail: `wrong ${i}`,
    }));
    const { message } = new BacktestError(errorDocument('VALIDATION_FAILED', '7 problems', { errors }));
    expect(message.split('\n')).toEqual([
      'VALIDATION_FAILED: 7 problems',
      ...errors.slice(0, 5).map(({ pointer, detail }) => `  ${pointer}: ${detail}`),
      '  and 2 more',
    ]);
  });
});
