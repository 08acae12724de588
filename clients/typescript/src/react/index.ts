'use client';

export { type BacktestState, type UseBacktest, useBacktest } from './use-backtest.js';
