import {documentOf, problem, refuseCrossSite} from '@/lib/server/answers'
import {boundedBody} from '@/lib/server/body'
import {makeReport} from '@/lib/server/report'
import {getSettings} from '@/lib/server/settings'

/** A result document in, its page for people out: one HTML file that opens offline. */
export async function POST(request: Request): Promise<Response> {
  const refused = refuseCrossSite(request)
  if (refused !== null) return refused
  try {
    const page = await makeReport(await boundedBody(request, getSettings().maxReportBytes), request.signal)
    return new Response(new Uint8Array(page), {
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Disposition': 'attachment; filename="backtest-report.html"',
        'Cache-Control': 'no-store',
        'Content-Security-Policy': 'sandbox', // a file to keep, never a page of this site
      },
    })
  } catch (thrown) {
    return problem(documentOf(thrown))
  }
}
