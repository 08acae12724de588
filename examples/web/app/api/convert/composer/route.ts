import {documentOf, problem, refuseCrossSite} from '@/lib/server/answers'
import {boundedBody} from '@/lib/server/body'
import {convertComposer} from '@/lib/server/convert'
import {getSettings} from '@/lib/server/settings'

/**
 * A symphony of Composer in, `{request, warnings}` out. One that cannot be converted is an ordinary answer, `{refused}`
 * with the error document, whose pointers lead into the symphony: a browser would log any other status as its own error.
 */
export async function POST(request: Request): Promise<Response> {
  const refused = refuseCrossSite(request)
  if (refused !== null) return refused
  try {
    const symphony = await boundedBody(request, getSettings().maxBodyBytes)
    const converted = await convertComposer(symphony, request.signal)
    return Response.json(converted, {headers: {'Cache-Control': 'no-store'}})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}
