import {type NextRequest, NextResponse} from 'next/server'
import {getService} from '@/lib/server/settings'

/**
 * The Content-Security-Policy of a page: nothing but this server and the service it is set up with, and of scripts only those that carry this answer's
 * nonce and what they load. Next puts the nonce on its own scripts; app/layout.tsx puts it on the theme's. An address with a
 * damaged escape, which Next would fail at, has the page of one that leads nowhere.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID())
  const policy = contentSecurityPolicy(nonce, process.env.NODE_ENV === 'development')
  const headers = new Headers(request.headers)
  headers.set('x-nonce', nonce)
  headers.set('Content-Security-Policy', policy)
  const response = isDecodable(request.nextUrl.pathname)
    ? NextResponse.next({request: {headers}})
    : NextResponse.rewrite(new URL(NOWHERE, request.url), {request: {headers}})
  response.headers.set('Content-Security-Policy', policy)
  return response
}

const NOWHERE = '/nowhere'

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function contentSecurityPolicy(nonce: string, development: boolean): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    `style-src 'self' ${development ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
    "img-src 'self' blob: data:",
    "font-src 'self'",
    ['connect-src', "'self'", ...serviceOrigins(), ...(development ? ['ws:'] : [])].join(' '),
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Where the page may ask the service: its API over HTTP, its live updates over a websocket. */
function serviceOrigins(): string[] {
  const service = getService()
  if (service === null) return []
  return [new URL(service.publicUrl).origin, new URL(service.publicSocketUrl).origin.replace(/^http/, 'ws')]
}

export const config = {
  matcher: [
    {source: '/((?!api|_next/static|_next/image|icon.svg).*)'},
    {source: '/api/(.*%.*)'}, // of the answers for programs only those whose address may be damaged
  ],
}
