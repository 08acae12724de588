import {backtestRoute} from 'backtest-runner/node'

export const POST = backtestRoute({pythonPath: process.env.PYTHON_PATH})
