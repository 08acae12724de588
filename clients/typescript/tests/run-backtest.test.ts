import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { BacktestRequest, ProgressEvent } from '../src/index.js';
import { BacktestError } from '../src/index.js';
import { runBacktest } from '../src/node/index.js';
import { rejection, request, root, runner } from './support.js';

describe('runBacktest', () => {
  it('resolves with the document that the runner prints', async () => {
    const printed = execFileSync(runner.pythonPath, [runner.runnerPath], {
      input: JSON.stringify(request),
      env: { ...process.env, ...runner.env },
      encoding: 'utf8',
    });
    const { timing_ms: _, ...result } = await runBacktest(request, runner);
    const { timing_ms: __, ...expected } = JSON.parse(printed);
    expect(result).toEqual(expected);
  });

  it('rejects with the document of the runner: code, status, problems, exit status', async () => {
    const wrong = { ...request, initial_capital: -5, request_id: 'mine' };
    const error = await rejection(runBacktest(wrong, runner));
    expect(error).toBeInstanceOf(BacktestError);
    expect(error).toMatchObject({
      name: 'BacktestError',
      code: 'VALIDATION_FAILED',
      status: 422,
      retryable: false,
      exitCode: 2,
    });
    expect(error.document.request_id).toBe('mine');
    expect(error.problems[0]).toMatchObject({ pointer: '/initial_capital', code: 'OUT_OF_RANGE', received: -5 });
    expect(error.message).toContain('/initial_capital: ');
  });

  it('tells of progress in order, up to done', async () => {
    const events: ProgressEvent[] = [];
    const env = { ...runner.env, BACKTEST_PROGRESS_FD: '9' }; // the operator's, for somebody else
    await runBacktest(
      { ...request, request_id: 'told' },
      { ...runner, env, onProgress: (event) => events.push(event) },
    );
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toMatchObject({ event: 'progress', stage: 'completed', progress: 1, request_id: 'told' });
  });

  it('gives letters beyond ASCII back as they were', async () => {
    const result = await runBacktest({ ...request, request_id: 'Zürich 東京 🚀' }, runner);
    expect(result.request_id).toBe('Zürich 東京 🚀');
  });

  it('writes a request larger than a pipe holds, and takes the refusal of one that is too large', async () => {
    const dates = Array.from({ length: 9000 }, (_, day) => new Date(day * 864e5).toISOString().slice(0, 10));
    const column = dates.map((_, day) => 100 + Math.sin(day));
    const inline: BacktestRequest = {
      strategy: 'buy_hold',
      holdings: [{ symbol: 'XX', allocation: 1 }],
      start_date: '1970-01-01',
      end_date: '1994-01-01',
      data: { source: 'inline', prices: { dates, close: { XX: column } } },
      output: { include: ['metrics'] },
    };
    expect((await runBacktest(inline, runner)).metrics?.final_value).toBeGreaterThan(0);
    const small = { ...runner, env: { ...runner.env, BACKTEST_MAX_REQUEST_BYTES: '1000' } };
    expect((await rejection(runBacktest(inline, small))).code).toBe('REQUEST_TOO_LARGE');
  });

  it('finds Python and the runner by PYTHON_PATH and BACKTEST_RUNNER', async () => {
    const before = { ...process.env };
    Object.assign(process.env, { PYTHON_PATH: runner.pythonPath, BACKTEST_RUNNER: runner.runnerPath });
    try {
      expect((await runBacktest(request, { env: runner.env })).success).toBe(true);
    } finally {
      process.env = before;
    }
  });

  it('runs the installed module where no script is named', async () => {
    const { pythonPath, env } = runner;
    expect((await runBacktest(request, { pythonPath, env, cwd: root })).success).toBe(true);
  });

  it('sends nothing that JSON cannot carry', async () => {
    const error = await rejection(runBacktest({ ...request, initial_capital: Number.NaN, request_id: 'nan' }, runner));
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED', exitCode: null });
    expect(error.document.request_id).toBe('nan');
    expect(error.problems).toEqual([
      { pointer: '/initial_capital', code: 'INVALID_VALUE', detail: 'NaN is not a JSON number', received: 'NaN' },
    ]);
  });
});
