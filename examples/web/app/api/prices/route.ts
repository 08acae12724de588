import {BacktestError, type ErrorCode} from 'backtest-runner'
import {documentOf, problem, refuseCrossSite} from '@/lib/server/answers'
import {boundedBody} from '@/lib/server/body'
import {importPrices, readPrices, refuseImports} from '@/lib/server/prices'
import {getSettings} from '@/lib/server/settings'

/** Refusals of a file, not of the request: an answer as any other, for which no browser writes an error on its console. */
const OF_THE_FILE: readonly ErrorCode[] = ['PRICES_UNREADABLE', 'VALIDATION_FAILED', 'MEMORY_LIMIT']

/**
 * A CSV file in. With `dry_run=1` what it would be imported as; else it is imported, which is refused for a symbol that is
 * at hand without `replace=1`. `name` is the file's, `symbol` says whose prices it has. Of a file that is refused the answer
 * is the error document, with the status 200.
 */
export async function POST(request: Request): Promise<Response> {
  const refused = refuseCrossSite(request)
  if (refused !== null) return refused
  try {
    refuseImports()
    const {searchParams} = new URL(request.url)
    const query = {
      name: searchParams.get('name') ?? '',
      symbol: searchParams.get('symbol'),
      replaces: searchParams.get('replace') === '1',
    }
    const file = await boundedBody(request, getSettings().maxImportBytes)
    const act = searchParams.get('dry_run') === '1' ? readPrices : importPrices
    return Response.json(await act(file, query, request.signal), {headers: {'Cache-Control': 'no-store'}})
  } catch (thrown) {
    if (thrown instanceof BacktestError && OF_THE_FILE.includes(thrown.document.code))
      return Response.json(thrown.document, {headers: {'Cache-Control': 'no-store'}})
    return problem(documentOf(thrown))
  }
}
