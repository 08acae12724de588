import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  answerFrom,
  type BacktestError,
  type BacktestRequest,
  createHttpTransport,
  documentText,
} from '../src/index.js';
import { BacktestPool, runBacktest } from '../src/node/index.js';
import { request, runner } from './support.js';

const untimed = (text: string) => text.replace(/"timing_ms":\{[^}]*\}/, '');

/** What the runner itself writes, without anything of ours between. */
function written(asked: object): string {
  const environment = { ...process.env, ...runner.env };
  const options = { input: JSON.stringify(asked), env: environment, encoding: 'utf8' as const };
  return execFileSync(runner.pythonPath, [runner.runnerPath, '--exit-zero'], options).trimEnd();
}

const refused = { ...request, initial_capital: -1.5e-7, request_id: 'tab\t' } as BacktestRequest;

describe('documentText', () => {
  it('is what the runner wrote, to the byte, whichever way it came', async () => {
    const pool = new BacktestPool({ ...runner, size: 1 });
    const server = createServer((incoming, response) => {
      const pieces: Buffer[] = [];
      incoming
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('end', () => {
          response.end(written(JSON.parse(Buffer.concat(pieces).toString()) as object));
        });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const ways = [
      (asked: BacktestRequest) => runBacktest(asked, runner),
      (asked: BacktestRequest) => pool.run(asked),
      createHttpTransport({ url: `http://127.0.0.1:${port}` }),
    ];
    try {
      const expected = written(request);
      expect(untimed(JSON.stringify(JSON.parse(expected))), 'JavaScript would write it otherwise').not.toBe(
        untimed(expected),
      );
      for (const run of ways) {
        expect(untimed(documentText(await run(request)))).toBe(untimed(expected));
        const error: unknown = await run(refused).catch((reason: unknown) => reason);
        expect(documentText((error as BacktestError).document)).toBe(written(refused));
      }
    } finally {
      server.close();
      await pool.close();
    }
  });

  it('writes a document that was made here', async () => {
    const error: unknown = await runBacktest(request, { ...runner, signal: AbortSignal.abort() }).catch(
      (reason) => reason,
    );
    expect(JSON.parse(documentText((error as BacktestError).document))).toEqual((error as BacktestError).document);
  });

  it('is the text that an answer was read from', () => {
    const text = '{"success":true,"figure":1e-07}';
    const answer = answerFrom(`${text}\n`);
    expect(answer).toMatchObject({ success: true, figure: 1e-7 });
    expect(answer && documentText(answer)).toBe(text);
    for (const other of ['', '{"success":', '{"success":1}', '[]', 'null']) expect(answerFrom(other)).toBeUndefined();
  });
});
