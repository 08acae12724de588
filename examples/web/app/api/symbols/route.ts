import {documentOf, problem} from '@/lib/server/answers'
import {listSymbols} from '@/lib/server/lists'

// Asks the runner at every request: the price store grows while the server runs.
export const dynamic = 'force-dynamic'

/** The symbols whose prices are at hand: stored, in the CSV folder, bundled. */
export async function GET(): Promise<Response> {
  try {
    return Response.json(await listSymbols(), {headers: {'Cache-Control': 'no-cache'}})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}
