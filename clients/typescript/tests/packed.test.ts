import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { request, root, runner, temporary } from './support.js';

const here = join(root, 'clients/typescript');
const project = join(temporary, 'project');
const strict = {
  target: 'es2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
};

/** A server's program, compiled without the types of the DOM: the isomorphic and Node's entry, a plug-in's strategy, a mistake that the compiler finds. */
const server = `
import { BacktestError, type BacktestRequest, type BacktestResult, createHttpTransport, ERROR_CODES } from 'backtest-runner';
import { BacktestPool, backtestRoute, runBacktest } from 'backtest-runner/node';
export type { UseBacktest } from 'backtest-runner/react';
export type { BacktestWebSocket } from 'backtest-runner/socket';

declare module 'backtest-runner' {
  interface StrategyParameters {
    above_its_past: { lookback_period?: number };
  }
}
export const plugIn: BacktestRequest['strategy'] = 'above_its_past';
// @ts-expect-error no strategy takes it
export const wrong: BacktestRequest = { strategy: 'momentum', holdings: [], start_date: '', end_date: '', parameters: { topN: 3 } };

const request: BacktestRequest = ${JSON.stringify(request)};
const options = ${JSON.stringify(runner)};
const one: BacktestResult = await runBacktest(request, options);
await using pool = new BacktestPool({ ...options, size: 1 });
const other = await pool.run(request);
const error = await runBacktest({ ...request, initial_capital: -1 }, options).catch((error: unknown) => error);
if (!(error instanceof BacktestError)) throw new Error('no BacktestError');
export const transport = createHttpTransport({ url: 'http://localhost/', headers: async () => ({ Accept: '*/*' }), fetch });
export const POST: (request: Request) => Promise<Response> = backtestRoute(options);
console.log(JSON.stringify([one.result_id === other.result_id, error.code, ERROR_CODES[error.code].exit, typeof createHttpTransport]));
`;

/** A page's program: nothing of Node is there. */
const page = `
import { BacktestClient, type BacktestTransport, createHttpTransport } from 'backtest-runner';
import { useBacktest } from 'backtest-runner/react';
import { createBacktestWebSocket } from 'backtest-runner/socket';

const transport: BacktestTransport = createHttpTransport({ url: '/api/backtests', streamUrl: '/api/backtests/stream' });
const client = new BacktestClient({ url: 'https://api.example.com', token: async () => null });
export const others: BacktestTransport[] = [client.transport('rest'), client.transport(), createBacktestWebSocket({ url: '/' })];
export function Page() {
  const { status, result, error, progress, run, cancel } = useBacktest(transport);
  return { status, value: result?.metrics?.final_value, detail: error?.document.detail, share: progress?.progress, run, cancel };
}
`;

/** Every example of the README, in one module, with what they leave to their readers. */
function examples(): string {
  const blocks = readFileSync(join(here, 'README.md'), 'utf8').matchAll(/```tsx?\n(.*?)```/gs);
  const given = 'declare const signal: AbortSignal; declare function Chart(given: { series: unknown }): null;';
  return [...blocks].map(([, code]) => code).join('\n') + given;
}

/** Fail with what the compiler says. */
function compile(name: string, compilerOptions: object, include: string[]): void {
  const path = join(project, `tsconfig.${name}.json`);
  writeFileSync(path, JSON.stringify({ compilerOptions: { ...strict, ...compilerOptions }, include }));
  try {
    execFileSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '-p', path], { encoding: 'utf8' });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}

describe('the package, packed and installed elsewhere', () => {
  let files: string[];

  beforeAll(() => {
    mkdirSync(join(project, 'src'), { recursive: true });
    writeFileSync(join(project, 'package.json'), '{"name": "project", "private": true, "type": "module"}');
    writeFileSync(join(project, 'src/server.ts'), server);
    writeFileSync(join(project, 'src/page.ts'), page);
    writeFileSync(join(project, 'src/examples.tsx'), examples());
    const quiet: ExecFileSyncOptionsWithStringEncoding = {
      cwd: here,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    };
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', temporary], quiet);
    const [{ filename, files: contents }] = JSON.parse(packed);
    files = contents.map(({ path }: { path: string }) => path);
    const install = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', join(temporary, filename)];
    execFileSync('npm', install, { ...quiet, cwd: project });
    mkdirSync(join(project, 'node_modules/@types'));
    for (const name of ['react', '@types/react', '@types/node', 'socket.io-client']) {
      symlinkSync(join(here, 'node_modules', name), join(project, 'node_modules', name));
    }
  });

  it('has what its readers need, and nothing of its tests', () => {
    expect(files).toEqual(
      expect.arrayContaining(['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']),
    );
    expect(files.filter((path) => !/^(dist|src)\/|^(README\.md|LICENSE|package\.json)$/.test(path))).toEqual([]);
  });

  it('compiles in a strict Node program without the types of the DOM, which runs against the real runner', () => {
    const options = {
      module: 'nodenext',
      moduleResolution: 'nodenext',
      rootDir: join(project, 'src'),
      outDir: join(project, 'out'),
      lib: ['es2022'],
      types: ['node'],
    };
    compile('node', options, ['src/server.ts']);
    const env = { ...process.env, ...runner.env };
    const printed = execFileSync(process.execPath, ['out/server.js'], { cwd: project, env, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual([true, 'VALIDATION_FAILED', 2, 'function']);
  });

  it('compiles the examples of its README', () => {
    compile('examples', { module: 'nodenext', jsx: 'react-jsx', noEmit: true, types: ['node'] }, ['src/examples.tsx']);
  });

  it('compiles in a page that a bundler builds, without the types of Node', () => {
    const options = { module: 'esnext', moduleResolution: 'bundler', noEmit: true, types: [], lib: ['es2022', 'dom'] };
    compile('page', options, ['src/page.ts']);
  });
});
