// biome-ignore-all format: what must not compile stands on one line, under the comment that says so
/** What the compiler takes and refuses; `npm run typecheck` is the test. */
import type { BacktestClient, BacktestErrorDocument, BacktestRequest, BacktestResult, BacktestTransport, ErrorCode, Job, StrategyName } from '../src/index.js';
import { BacktestError, ERROR_CODES } from '../src/index.js';
import type { BacktestPool, runBacktest } from '../src/node/index.js';
import type { UseBacktest } from '../src/react/index.js';
import type { createBacktestWebSocket } from '../src/socket/index.js';

declare module '../src/index.js' {
  interface StrategyParameters {
    /** As a plug-in's author would. */
    above_its_past: { lookback_period?: number };
  }
}

const rest = { holdings: [{ symbol: 'SPY', allocation: 1 }], start_date: '2022-01-01', end_date: '2023-12-31' } as const;

/* The canonical request, and the least there can be. */
export const canonical: BacktestRequest = {
  strategy: 'momentum',
  holdings: [{ symbol: 'SPY', allocation: 0.5 }, { symbol: 'QQQ', allocation: 0.5 }],
  start_date: '2022-01-01',
  end_date: '2023-12-31',
  parameters: { lookback_period: 60, top_n: 3, rebalance_frequency: 'monthly' },
};
export const least: BacktestRequest = { strategy: 'buy_hold', ...rest };
export const constant = { strategy: 'momentum', ...rest, parameters: { lookbacks: [{ period: 1 }] } } as const satisfies BacktestRequest;
export const nested: BacktestRequest = { strategy: 'buy_hold', ...rest, costs: { commission_bps: 5 }, benchmark: null };

/* A portfolio as the benchmark, variations and axes, read-only too. */
const balanced = { name: '60/40', holdings: [{ symbol: 'SPY', allocation: 0.6 }, { symbol: 'AGG', allocation: 0.4 }] } as const;
const swept = { over: { '/costs/commission_bps': { from: 0, to: 20, step: 5 }, '/benchmark': ['SPY', null] }, rank_by: 'calmar_ratio' } as const;
export const compared = {
  strategy: 'buy_hold', ...rest, benchmark: balanced, compare: [{ name: 'Late', patch: { execution: { lag_sessions: 5 } } }], analysis: { sweep: swept },
} as const satisfies BacktestRequest;
// @ts-expect-error less volatility is better
export const wrongRank: BacktestRequest = { strategy: 'buy_hold', ...rest, analysis: { sweep: { over: {}, rank_by: 'annual_volatility' } } };

/* Strategies and their parameters. */
// @ts-expect-error there is no such strategy
export const unknownStrategy: BacktestRequest = { strategy: 'momentun', ...rest };
// @ts-expect-error there is no such parameter
export const unknownParameter: BacktestRequest = { strategy: 'momentum', ...rest, parameters: { lookback: 60 } };
// @ts-expect-error buy_hold looks at nothing
export const anothersParameter: BacktestRequest = { strategy: 'buy_hold', ...rest, parameters: { top_n: 3 } };
// @ts-expect-error there is no such frequency
export const wrongChoice: BacktestRequest = { strategy: 'momentum', ...rest, parameters: { rebalance_frequency: 'hourly' } };
// @ts-expect-error a number, not a text
export const wrongType: BacktestRequest = { strategy: 'momentum', ...rest, parameters: { top_n: '3' } };
// @ts-expect-error a whole period is needed
export const noEnd: BacktestRequest = { strategy: 'buy_hold', holdings: rest.holdings, start_date: rest.start_date };
// @ts-expect-error there is no such field
export const unknownField: BacktestRequest = { strategy: 'buy_hold', ...rest, capital: 1 };

/* A plug-in's strategy, declared above. */
export const plugIn: BacktestRequest = { strategy: 'above_its_past', ...rest, parameters: { lookback_period: 100 } };
// @ts-expect-error the plug-in has no such parameter
export const plugInWrong: BacktestRequest = { strategy: 'above_its_past', ...rest, parameters: { top_n: 1 } };
export const names: StrategyName[] = ['momentum', 'above_its_past'];

/* Answers tell themselves apart, and what output.include may leave out may be absent. */
export function value(answer: BacktestResult | BacktestErrorDocument): number | null | undefined {
  if (!answer.success) return answer.status;
  // @ts-expect-error metrics may have been left out
  answer.metrics.final_value;
  return answer.metrics?.final_value;
}

/* A run is a transport, whichever way it goes. */
export const spawned: BacktestTransport = (async () => ({}) as BacktestResult) satisfies typeof runBacktest;
export const pooled = (pool: BacktestPool): BacktestTransport => (request, options) => pool.run(request, options);

export const live = (made: ReturnType<typeof createBacktestWebSocket>): BacktestTransport => made;
export const queued = (client: BacktestClient): BacktestTransport => client.transport('queue', { priority: 'low' });

/* A job is there, or has not changed since the one that is known; what came of it tells itself apart. */
export async function looked(client: BacktestClient, id: string, etag: string): Promise<Job> {
  // @ts-expect-error it may not have changed
  const changed: Job = await client.get(id, { etag });
  const { result } = await client.get(id, { waitSeconds: 20 });
  return result?.success === true && result.result_id === '' ? changed : client.submit(canonical);
}

/* The table has every code, as its own literal. */
export const everyCode: { [C in ErrorCode]: { exit: number; retryable: boolean } } = ERROR_CODES;
export const four: 4 = ERROR_CODES.TIMEOUT.exit;
export const code: ErrorCode | undefined = (new Error() as Error | BacktestError) instanceof BacktestError ? 'INTERNAL' : undefined;

/* The status of the hook says what is there. */
export function seen(state: UseBacktest): string {
  if (state.status === 'failed') return state.error.code;
  if (state.status === 'completed') return state.result.result_id;
  // @ts-expect-error there may be none yet
  return state.result.result_id;
}
