import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BacktestError, ERROR_CODES } from '../src/index.js';
import { BacktestPool, type RunnerOptions, runBacktest } from '../src/node/index.js';
import { impostor, rejection, request, runner, slowRequest, temporary } from './support.js';

/** A file that stands where the interpreter is expected. */
function program(name: string, text: string, mode = 0o755): string {
  const path = join(temporary, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

mkdirSync(join(temporary, 'folder.d'));
const python = (pythonPath: string) => ({ ...runner, pythonPath });
const { runnerPath: _, ...asModule } = runner;

/** What a run is rejected with, each way in which the client starts a runner. */
async function everyWay(options: RunnerOptions): Promise<BacktestError[]> {
  const errors = [await rejection(runBacktest({ ...request, request_id: 'mine' }, options))];
  for (const mode of ['warm', 'prespawn'] as const) {
    await using pool = new BacktestPool({ ...options, mode, size: 1 });
    errors.push(await rejection(pool.run({ ...request, request_id: 'mine' })));
  }
  return errors;
}

describe('a runner that cannot work here is ENVIRONMENT, with what to do about it', () => {
  it.each([
    ['no file', python('/no/such/place/python'), 'not found', 'PYTHON_PATH'],
    ['no program on PATH', python('no-such-python-3'), 'not found', 'PYTHON_PATH'],
    ['a name with a null byte', python('py\0thon'), 'not found', 'PYTHON_PATH'],
    ['something under a file', python(join(program('plain', ''), 'python')), 'not found', 'PYTHON_PATH'],
    ['a directory', python(join(temporary, 'folder.d')), 'directory', 'PYTHON_PATH'],
    ['a directory, relative to cwd', { ...python('./folder.d'), cwd: temporary }, 'directory', 'PYTHON_PATH'],
    ['a file that may not be executed', python(program('closed', '', 0o644)), 'not a program', 'PYTHON_PATH'],
    [
      'a script of an absent interpreter',
      python(program('orphan', '#!/no/such/python\n')),
      'not a program',
      'PYTHON_PATH',
    ],
    ['a shim without its Python', python(program('shim', '#!/bin/sh\nexec no-such-python\n')), 'shim', 'PYTHON_PATH'],
    ['a shim that may not', python(program('refusing', '#!/bin/sh\nexit 126\n')), 'shim', 'PYTHON_PATH'],
    ['no working directory', { ...runner, cwd: '/no/such/place' }, 'cwd', 'cwd'],
    ['no script', { ...runner, runnerPath: '/no/such/place/runner.py' }, 'script', 'BACKTEST_RUNNER'],
    ['no module', { ...asModule, cwd: temporary, env: { ...runner.env, PYTHONPATH: undefined } }, 'module', 'Install'],
  ])('%s', async (_, options, said, remedy) => {
    for (const error of await everyWay(options)) {
      expect(error).toMatchObject({ code: 'ENVIRONMENT', status: 500, retryable: false });
      expect(error.document).toMatchObject({ request_id: 'mine', title: ERROR_CODES.ENVIRONMENT.title });
      expect(error.document.detail).toContain(said);
      expect(error.document.remedy).toContain(remedy);
      expect(JSON.stringify(error.document)).not.toMatch(/\/no\/such\/place(?!\/python)|node:|spawn/);
      const isOfPython = remedy === 'PYTHON_PATH' || remedy === 'Install';
      expect(error.document.detail.includes(JSON.stringify(options.pythonPath))).toBe(isOfPython);
      expect(error.document.detail).not.toContain('not set');
    }
  });

  it('a forgotten PYTHON_PATH is called that', async () => {
    const before = process.env['PYTHON_PATH'];
    delete process.env['PYTHON_PATH'];
    const { pythonPath: _, ...unnamed } = asModule;
    const env = { ...runner.env, PYTHONPATH: undefined };
    try {
      for (const path of [process.env['PATH'], temporary]) {
        for (const error of await everyWay({ ...unnamed, cwd: temporary, env: { ...env, PATH: path } })) {
          expect(error.document.code).toBe('ENVIRONMENT');
          expect(error.document.detail).toMatch(
            /^PYTHON_PATH is not set, and the default interpreter "python3" (has|was)/,
          );
          expect(error.document.remedy).toContain('PYTHON_PATH');
        }
      }
    } finally {
      if (before !== undefined) process.env['PYTHON_PATH'] = before;
    }
  });

  it("the runner's own document, also from a warm process that never became ready", async () => {
    const document = {
      success: false,
      code: 'ENVIRONMENT',
      status: 500,
      detail: 'No numpy.',
      remedy: 'pip',
      errors: [],
    };
    const code = `import sys\nsys.stdin.readline()\nprint('${JSON.stringify(document)}', flush=True)\nsys.exit(1)`;
    for (const error of await everyWay(impostor(code))) expect(error.document).toMatchObject(document);
  });

  it('keeps the reason of the system as the cause', async () => {
    expect((await rejection(runBacktest(request, python(temporary)))).cause).toMatchObject({ code: 'EACCES' });
    const refused = await rejection(runBacktest(request, python('py\0thon')));
    expect(refused.cause).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  });
});

describe('what the client itself ends has the code and the remedy that are its own', () => {
  const ways = [
    ['a process of its own', runBacktest],
    ['warm', pooled('warm')],
    ['prespawn', pooled('prespawn')],
  ] as const;

  function pooled(mode: 'warm' | 'prespawn'): typeof runBacktest {
    return async (asked, { signal, timeoutMs, ...options } = {}) => {
      await using pool = new BacktestPool({ ...options, mode, size: 1 });
      return await pool.run(asked, { signal, timeoutMs });
    };
  }

  it.each(ways)('%s: an answer that is too large', async (_, run) => {
    const error = await rejection(run(request, { ...runner, maxOutputBytes: 8000 }));
    expect(error).toMatchObject({ code: 'RESULT_TOO_LARGE', status: 422, retryable: false });
    expect(error.document.detail).toContain('8000 bytes');
    expect(error.document.remedy).toMatch(/output\.include.*output\.max_points.*maxOutputBytes/);
    expect(JSON.stringify(error.document)).not.toContain('memory_mb');
  });

  it.each(ways)('%s: timeoutMs', async (_, run) => {
    const error = await rejection(run(slowRequest, { ...runner, timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', retryable: false });
    expect(error.document.remedy).toContain('timeoutMs');
    expect(error.document.remedy).not.toContain('limits.');
  });

  it.each(ways)('%s: a signal', async (_, run) => {
    const late = await rejection(run(slowRequest, { ...runner, signal: AbortSignal.timeout(300) }));
    expect(late).toMatchObject({ code: 'CANCELLED', cause: { name: 'TimeoutError' } });
    expect(late.document.remedy).toContain("signal's timeout");
    const before = await rejection(run(slowRequest, { ...runner, signal: AbortSignal.abort('enough') }));
    expect(before).toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    expect(before.document.remedy).toContain('a signal that is not aborted');
  });

  it('a pool that is closed', async () => {
    const pool = new BacktestPool({ ...runner, size: 1 });
    await pool.close();
    const error = await rejection(pool.run(request));
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: false });
    expect(error.document.remedy).toContain('new BacktestPool');
  });
});
