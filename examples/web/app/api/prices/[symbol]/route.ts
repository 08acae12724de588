import {documentOf, problem} from '@/lib/server/answers'
import {checkPrices} from '@/lib/server/prices'

interface Context {
  readonly params: Promise<{readonly symbol: string}>
}

/** What is at hand of a symbol: its period, closes for a chart, and what looks wrong in it. */
export async function GET(request: Request, {params}: Context): Promise<Response> {
  try {
    const found = await checkPrices((await params).symbol, request.signal)
    return Response.json(found, {headers: {'Cache-Control': 'no-store'}})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}
