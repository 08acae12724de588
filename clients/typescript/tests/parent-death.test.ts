import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { processesLeft, root, runner, slowRequest, temporary, until } from './support.js';

const node = pathToFileURL(join(root, 'clients/typescript/dist/node/index.js')).href;

/** Run a program in a Node process of its own until it prints a line. */
async function program(code: string) {
  const path = join(temporary, `program-${Math.random()}.mjs`);
  writeFileSync(
    path,
    `import { BacktestPool, runBacktest } from ${JSON.stringify(node)};
    const runner = ${JSON.stringify(runner)}; const slowRequest = ${JSON.stringify(slowRequest)};\n${code}`,
  );
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('a program that ends', () => {
  it.each([
    ['runBacktest', `runBacktest(slowRequest, { ...runner, onProgress: ({ stage }) => console.log(stage) });`],
    [
      'a warm pool',
      `const pool = new BacktestPool(runner);
      pool.run(slowRequest, { onProgress: ({ stage }) => console.log(stage) });`,
    ],
    [
      'a pre-spawned pool',
      `const pool = new BacktestPool({ ...runner, mode: 'prespawn' });
      pool.run(slowRequest, { onProgress: ({ stage }) => console.log(stage) });`,
    ],
  ])('by SIGKILL in the middle of %s leaves no Python behind', async (_, code) => {
    const child = await program(code);
    expect(processesLeft().length).toBeGreaterThan(1); // itself has no mark
    child.kill('SIGKILL');
    await until(() => processesLeft().length === 0);
  });

  it.each(['warm', 'prespawn'])('by itself does not wait for a %s pool that has nothing to do', async (mode) => {
    const child = await program(`const pool = new BacktestPool({ ...runner, mode: '${mode}' });
      await pool.run({ ...slowRequest, strategy: 'buy_hold', parameters: {} });
      console.log('done');`);
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    await until(() => processesLeft().length === 0);
  });
});
