import {BacktestError, errorDocument} from 'backtest-runner'

interface Minted {
  readonly token: string | null
  readonly expiresAt: string | null
}

/** A token is fetched anew so long before it expires. */
const BEFORE_ITS_END_MS = 60_000

/**
 * What gives the token that the service asks for, from this page's own server: fetched when it is needed, kept while it
 * is good, and renewed before it expires. null where the service asks for none.
 */
export function tokenSource(fetch = (): Promise<Response> => globalThis.fetch('/api/token', {method: 'POST'})) {
  let kept: Promise<{readonly token: string | null; readonly until: number}> | undefined
  const renew = () => {
    const fetched = minted(fetch)
    fetched.catch(() => {
      if (kept === fetched) kept = undefined
    })
    return fetched
  }
  return async (): Promise<string | null> => {
    const known = (kept ??= renew())
    if ((await known).until > performance.now()) return (await known).token
    if (kept === known) kept = renew()
    return (await (kept ?? renew())).token
  }
}

async function minted(fetch: () => Promise<Response>) {
  const began = performance.now()
  const response = await fetch().catch(() => null)
  const made = response?.ok ? ((await response.json().catch(() => null)) as Minted | null) : null
  if (response === null || made === null) {
    throw new BacktestError(errorDocument('SERVICE_UNAVAILABLE', 'this page’s server gave no token for the service'))
  }
  return {token: made.token, until: began + lifeOf(made, response) - BEFORE_ITS_END_MS}
}

/** How long a token is good, by the clock of the server that made it. */
function lifeOf({expiresAt}: Minted, response: Response): number {
  if (expiresAt === null) return Infinity
  const now = Date.parse(response.headers.get('Date') ?? '')
  return Date.parse(expiresAt) - (Number.isNaN(now) ? Date.now() : now)
}
