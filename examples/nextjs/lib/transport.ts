import {createHttpTransport} from 'backtest-runner'

/**
 * How the page reaches the runner, and the only place that knows. A transport is one function,
 * `(request, {signal, onProgress}) => Promise<BacktestResult>`: another one (REST with polling, Socket.IO) goes here.
 */
export const transport = createHttpTransport({url: '/api/python-backtest', streamUrl: '/api/python-backtest/stream'})
