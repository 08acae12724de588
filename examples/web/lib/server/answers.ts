import {BacktestError, type BacktestErrorDocument, documentText, type ErrorCode, errorDocument} from 'backtest-runner'

/** How long a caller that was refused for the moment is asked to wait. */
const RETRY_AFTER_SECONDS = 2

/** An error document as RFC 9457 has it over HTTP. */
export function problem(document: BacktestErrorDocument): Response {
  const headers = new Headers({'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store'})
  if (document.code === 'TOO_MANY_REQUESTS' || document.code === 'SERVICE_UNAVAILABLE')
    headers.set('Retry-After', String(RETRY_AFTER_SECONDS))
  return new Response(`${documentText(document)}\n`, {status: document.status, headers})
}

/** The error document of whatever was thrown. What is no BacktestError goes to the log, and not to the caller. */
export function documentOf(thrown: unknown): BacktestErrorDocument {
  if (thrown instanceof BacktestError) return thrown.document
  console.error(thrown)
  return errorDocument('INTERNAL', 'the server could not run the request')
}

export function refusal(code: ErrorCode, detail: string): BacktestError {
  return new BacktestError(errorDocument(code, detail))
}

/** Refuse a request that another site's page has made in a visitor's browser; programs send neither header. */
export function refuseCrossSite(request: Request): Response | null {
  const site = request.headers.get('Sec-Fetch-Site')
  const origin = request.headers.get('Origin')
  const foreign =
    site === null ? origin !== null && !sameHost(origin, request) : site !== 'same-origin' && site !== 'none'
  if (!foreign) return null
  const document = {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'only pages of this site may ask from a browser',
  }
  return new Response(JSON.stringify(document), {status: 403, headers: {'Content-Type': 'application/problem+json'}})
}

function sameHost(origin: string, request: Request): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.headers.get('Host')
}
