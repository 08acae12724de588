import {BacktestError} from 'backtest-runner'
import {afterEach, describe, expect, it, vi} from 'vitest'
import {tokenSource} from '@/lib/token'

const NOW = Date.parse('2026-01-02T03:04:05Z')
const LIFE_MS = 600_000

afterEach(() => {
  vi.useRealTimers()
})

/** A server that mints tokens by a clock of its own, and counts them. */
function server(clock = () => Date.now()) {
  let minted = 0
  return async () => {
    minted += 1
    const body = {token: `token ${minted}`, expiresAt: new Date(clock() + LIFE_MS).toISOString()}
    return Response.json(body, {headers: {Date: new Date(clock()).toUTCString()}})
  }
}

describe('tokenSource', () => {
  it('fetches a token once for all who ask, and another a minute before it expires', async () => {
    vi.useFakeTimers({now: NOW})
    const token = tokenSource(server())
    expect(await Promise.all([token(), token()])).toEqual(['token 1', 'token 1'])
    await vi.advanceTimersByTimeAsync(LIFE_MS - 61_000)
    expect(await token()).toBe('token 1')
    await vi.advanceTimersByTimeAsync(2000)
    expect(await Promise.all([token(), token()])).toEqual(['token 2', 'token 2'])
  })

  it('goes by the clock of the server: that of the browser may be wrong', async () => {
    vi.useFakeTimers({now: NOW})
    const token = tokenSource(server(() => Date.now() - 24 * 3_600_000))
    await token()
    await vi.advanceTimersByTimeAsync(LIFE_MS - 61_000)
    expect(await token()).toBe('token 1')
  })

  it('asks once where none is needed', async () => {
    let asked = 0
    const token = tokenSource(async () => {
      asked += 1
      return Response.json({token: null, expiresAt: null})
    })
    expect([await token(), await token()]).toEqual([null, null])
    expect(asked).toBe(1)
  })

  it.each([
    ['is away', () => Promise.reject(new TypeError('fetch failed'))],
    ['refuses', async () => new Response('no', {status: 403})],
    ['answers with something else', async () => new Response('<html>')],
  ])('says that there is none where the server %s, and asks anew the next time', async (_, answer) => {
    let broken = true
    const mint = server()
    const token = tokenSource(() => (broken ? answer() : mint()))
    const error = await token().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(BacktestError)
    expect(error).toMatchObject({code: 'SERVICE_UNAVAILABLE'})
    broken = false
    expect(await token()).toBe('token 1')
  })
})
