export type { RunnerOptions } from './command.js';
export type { RunOptions } from './interruption.js';
export { BacktestPool, type BacktestPoolOptions, type PoolStats } from './pool.js';
export { type BacktestRouteOptions, backtestRoute } from './route.js';
export { type RunBacktestOptions, runBacktest } from './run-backtest.js';
