import {BacktestError, documentText, errorDocument} from 'backtest-runner'
import {BacktestPool} from 'backtest-runner/node'

// One pool for the server. In development this module is loaded again after each change, and finds its pool here.
const server = globalThis as {backtestPool?: BacktestPool}

/** Answers with the runner's document as it is. When the caller goes away, the signal aborts and the run ends. */
export async function POST(request: Request): Promise<Response> {
  try {
    server.backtestPool ??= new BacktestPool({pythonPath: process.env.PYTHON_PATH})
    const asked = await request.json().catch(() => {
      throw new BacktestError(errorDocument('INVALID_JSON', 'the document is not valid JSON'))
    })
    const result = await server.backtestPool.run(asked, {signal: request.signal})
    return new Response(documentText(result), {headers: {'Content-Type': 'application/json'}})
  } catch (error) {
    if (!(error instanceof BacktestError)) throw error
    const headers = {'Content-Type': 'application/problem+json'}
    return new Response(documentText(error.document), {status: error.status, headers})
  }
}
