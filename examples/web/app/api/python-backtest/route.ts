import {documentText} from 'backtest-runner'
import {documentOf, problem, refuseCrossSite} from '@/lib/server/answers'
import {boundedBody} from '@/lib/server/body'
import {strategiesDocument} from '@/lib/server/lists'
import {askerOf, run} from '@/lib/server/run'
import {getSettings} from '@/lib/server/settings'

/** A request document in, the result document out; or the error document with its own status. */
export async function POST(request: Request): Promise<Response> {
  const refused = refuseCrossSite(request)
  if (refused !== null) return refused
  try {
    const asked = await boundedBody(request, getSettings().maxBodyBytes)
    const result = await run(asked, {signal: request.signal}, await askerOf(request))
    const headers = {'Content-Type': 'application/json', 'Cache-Control': 'no-store'}
    return new Response(`${documentText(result)}\n`, {headers}) // the runner's own bytes
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}

/** The strategies, with the schemas of their parameters. */
export async function GET(request: Request): Promise<Response> {
  try {
    const {text, etag} = await strategiesDocument()
    const headers = {ETag: etag, 'Cache-Control': 'no-cache', 'Content-Type': 'application/json'}
    const known =
      request.headers
        .get('If-None-Match')
        ?.split(',')
        .map((one) => one.trim().replace(/^W\//, '')) ?? []
    return known.includes(etag) ? new Response(null, {status: 304, headers}) : new Response(text, {headers})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}
