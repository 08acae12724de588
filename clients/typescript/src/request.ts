import type { RequestFields } from './generated/request.js';
import type { BuiltInStrategies } from './generated/strategies.js';

/**
 * Every strategy that a request may name, with its parameters. A plug-in's author adds to it:
 *
 *     declare module 'backtest-runner' {
 *       interface StrategyParameters {
 *         above_its_past: { lookback_period?: number };
 *       }
 *     }
 */
export interface StrategyParameters extends BuiltInStrategies {}

export type StrategyName = keyof StrategyParameters;

/** A request for one strategy; its parameters are that strategy's and no other's. */
export interface StrategyRequest<S extends StrategyName> extends RequestFields {
  /** The name of the strategy. */
  strategy: S;
  /** The strategy's own parameters; what is left out has its default. */
  parameters?: StrategyParameters[S];
}

/** One backtest: a strategy, what it may hold, and the period. */
export type BacktestRequest = { [S in StrategyName]: StrategyRequest<S> }[StrategyName];
