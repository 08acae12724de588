import {SignJWT} from 'jose'
import {cookies} from 'next/headers'
import {getService} from './settings'

/** What the service calls this server itself, for what it asks in no visitor's name. */
const OWN_NAME = 'web'
const COOKIE = 'backtest-visitor'
const KEPT_SECONDS = 30 * 24 * 3600
const TOKEN_SECONDS = 600

export interface Minted {
  readonly token: string | null
  /** When it expires, ISO 8601. */
  readonly expiresAt: string | null
}

/**
 * The name under which a visitor's jobs are kept: a random one, in a cookie that no script can read and no other site
 * can send, so that every browser is an owner of its own. Made with the first request.
 */
export async function visitorOf(request: Request): Promise<string> {
  const jar = await cookies()
  const known = jar.get(COOKIE)?.value
  const id = known !== undefined && isId(known) ? known : crypto.randomUUID()
  const secure = (request.headers.get('X-Forwarded-Proto') ?? new URL(request.url).protocol).startsWith('https')
  jar.set(COOKIE, id, {httpOnly: true, sameSite: 'strict', secure, path: '/', maxAge: KEPT_SECONDS})
  return id
}

/** A token with which its holder runs and reads under this name, and nothing else; none where none is asked for. */
export async function mint(owner: string = OWN_NAME): Promise<Minted> {
  const secret = getService()?.secret ?? null
  if (secret === null) return {token: null, expiresAt: null}
  const issued = Math.floor(Date.now() / 1000)
  const token = await new SignJWT({scope: 'run read'})
    .setProtectedHeader({alg: 'HS256'})
    .setAudience('backtest')
    .setSubject(owner)
    .setIssuedAt(issued)
    .setExpirationTime(issued + TOKEN_SECONDS)
    .sign(new TextEncoder().encode(secret))
  return {token, expiresAt: new Date((issued + TOKEN_SECONDS) * 1000).toISOString()}
}

const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
