import { describe, expect, it } from 'vitest';
import { runBacktest } from '../src/node/index.js';
import { impostor, processesLeft, rejection, request, runner, slowRequest, until } from './support.js';

const RESULT = '{"success": true, "result_id": "x"}';

describe('a child that is not what it should be', () => {
  it.each([
    ['says nothing', 'pass', 'exited with status 0 before it answered'],
    ['fails', 'raise SystemExit(7)', 'exited with status 7 before it answered'],
    ['is killed', 'import os; os.kill(os.getpid(), 9)', 'was ended by SIGKILL before it answered'],
    ['dies in the middle of its answer', `import os; os.write(1, b'{"succ'); os.kill(os.getpid(), 11)`, 'SIGSEGV'],
    ['prints garbage', 'print("\\x1b[31mTraceback")', 'is not one JSON document'],
    ['prints JSON that is no answer', 'print(42)', 'is not one JSON document'],
    ['prints two documents', `print('${RESULT}'); print('${RESULT}')`, 'is not one JSON document'],
    ['prints no UTF-8', `import os; os.write(1, b'{"success": true, "x": "\\xff"}')`, 'is not one JSON document'],
  ])('that %s is a WORKER_CRASHED that says so', async (_, code, said) => {
    const error = await rejection(runBacktest({ ...request, request_id: 'r' }, impostor(code)));
    expect(error.code).toBe('WORKER_CRASHED');
    expect(error.retryable).toBe(true);
    expect(error.message).toContain(said);
    expect(error.document.request_id).toBe('r');
  });

  it('never gets its stderr into a message, but to a listener, line by line', async () => {
    const lines: string[] = [];
    const child = impostor('import sys; sys.stderr.write("secret 1\\r\\nsecret 2"); raise SystemExit(1)');
    const error = await rejection(runBacktest(request, { ...child, onStderr: (line) => lines.push(line) }));
    expect(lines).toEqual(['secret 1', 'secret 2']);
    expect(JSON.stringify(error.document) + error.message).not.toContain('secret');
  });

  it('may answer without reading, to whatever is still being written', async () => {
    const large = { ...request, holdings: Array.from({ length: 50_000 }, () => request.holdings[0]!) };
    expect(await runBacktest(large, impostor(`print('${RESULT}')`))).toMatchObject({ success: true });
  });

  it('may cut a character in two, and progress events with it', async () => {
    const stages: string[] = [];
    const code = [
      'import os, time',
      'def slowly(fd, text):',
      '    for byte in text.encode(): os.write(fd, bytes([byte])); time.sleep(0.0005)',
      `slowly(2, '{"event": "progress", "seq": 1, "stage": "dönè"}\\r\\n')`,
      `slowly(1, '{"success": true, "result_id": "東京🚀"}')`,
    ].join('\n');
    const result = await runBacktest(request, { ...impostor(code), onProgress: ({ stage }) => stages.push(stage) });
    expect(result.result_id).toBe('東京🚀');
    expect(stages).toEqual(['dönè']);
  });

  it('that never stops talking is stopped at maxOutputBytes, and told of as RESULT_TOO_LARGE', async () => {
    const endless = impostor('import os\nwhile True: os.write(1, b"x" * 65536)');
    const error = await rejection(runBacktest(request, { ...endless, maxOutputBytes: 1_000_000 }));
    expect(error.code).toBe('RESULT_TOO_LARGE');
    expect(error.message).toContain('maxOutputBytes, 1000000 bytes');
    expect(processesLeft()).toEqual([]);
  });

  it('that floods stderr without a newline does not fill the memory, nor stop the run', async () => {
    let most = 0;
    const code = `import os, sys\nfor _ in range(200): os.write(2, b"x" * 65536)\nprint('${RESULT}')`;
    const onStderr = (line: string) => (most = Math.max(most, line.length));
    expect((await runBacktest(request, { ...impostor(code), onStderr })).success).toBe(true);
    expect(most).toBeLessThanOrEqual(256 * 1024);
  });

  it('that leaves something behind with its stdout is answered all the same', async () => {
    const code = ['import os, time', 'if os.fork() == 0: time.sleep(30); os._exit(0)', `print('${RESULT}')`].join('\n');
    expect((await runBacktest(request, impostor(code))).success).toBe(true);
    for (const pid of processesLeft()) process.kill(pid, 'SIGKILL');
  });

  it("whose listener throws goes on; the exception is the program's own", async () => {
    const uncaught: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error) => uncaught.push(error));
    try {
      const onProgress = () => {
        throw new Error('mine');
      };
      expect((await runBacktest(request, { ...runner, onProgress })).success).toBe(true);
      await until(() => uncaught.length > 0);
      expect(uncaught[0]).toMatchObject({ message: 'mine' });
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});

describe('what ends a run early', () => {
  const stubborn = impostor(
    'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("x", flush=True)\ntime.sleep(600)',
  );

  it('an aborted signal is CANCELLED with its reason, and nothing is left', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort('enough');
    const error = await rejection(runBacktest(slowRequest, { ...runner, signal: controller.signal, onProgress }));
    expect(error).toMatchObject({ code: 'CANCELLED', retryable: true, cause: 'enough' });
    await until(() => processesLeft().length === 0);
  });

  it('a signal that was aborted before starts nothing', async () => {
    const missing = { ...runner, pythonPath: '/no/such/python', signal: AbortSignal.abort() };
    expect((await rejection(runBacktest(request, missing))).code).toBe('CANCELLED');
  });

  it('timeoutMs is TIMEOUT, and nothing is left', async () => {
    const error = await rejection(runBacktest(slowRequest, { ...runner, timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', status: 504 });
    expect(error.message).toContain('300 ms');
    await until(() => processesLeft().length === 0);
  });

  it('a child that ignores SIGTERM is killed, long before it would end', async () => {
    const error = await rejection(runBacktest(request, { ...stubborn, timeoutMs: 200 }));
    expect(error.code).toBe('TIMEOUT');
    expect(processesLeft()).toEqual([]);
  });

  it('leaves no listener on a signal that many runs share', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...call: Parameters<typeof add>) => {
      listeners += 1;
      add(...call);
    };
    signal.removeEventListener = (...call: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...call);
    };
    await runBacktest(request, { ...runner, signal, timeoutMs: 1e12 });
    await rejection(runBacktest({ ...request, initial_capital: -1 }, { ...runner, signal, timeoutMs: Infinity }));
    expect(listeners).toBe(0);
  });
});
