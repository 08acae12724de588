import {documentOf, problem, refuseCrossSite} from '@/lib/server/answers'
import {mint, visitorOf} from '@/lib/server/visitor'

/** A short-lived token for the visitor's browser to ask the service with; null where the service asks for none. */
export async function POST(request: Request): Promise<Response> {
  const refused = refuseCrossSite(request)
  if (refused !== null) return refused
  try {
    return Response.json(await mint(await visitorOf(request)), {headers: {'Cache-Control': 'no-store'}})
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}
