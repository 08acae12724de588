import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, describe, expect, it, vi} from 'vitest'

const source = readFileSync(new URL('../lib/server/settings.ts', import.meta.url), 'utf8')
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const rows = new Map(
  [...readme.matchAll(/^\| `(\w+)` *\| (.+?) *\| .+ \|$/gm)].map(([, name = '', value = '']) => [name, value]),
)
const defaults = [...source.matchAll(/whole\(env, '(\w+)', ([\d_ *]+),/g)].map(([, name = '', value = '']) => ({
  name,
  value,
}))

/** `5 * 1024 ** 2` and `310_000`, as the numbers that they are. */
function numberOf(text: string): number {
  const [left = '', power = '1'] = text.replaceAll('_', '').split('**')
  const [factor = '1', base] = left.split('*')
  return base === undefined ? Number(factor) : Number(factor) * Number(base) ** Number(power)
}

describe('the settings', () => {
  it('are all in the README, and the README has no others', () => {
    const read = [
      ...new Set([...source.matchAll(/(?:env\.|env, ')((?:BACKTEST|PYTHON)_\w+)/g)].map(([, name]) => name)),
    ]
    expect(read.length).toBeGreaterThan(5)
    expect([...rows.keys()].sort()).toEqual(read.sort())
  })

  it.each(defaults)('$name has the default that the README gives', ({name, value}) => {
    expect(rows.get(name)).toBe(`\`${numberOf(value)}\``)
  })
})

describe('the service', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.resetModules()
  })

  async function serviceOf(env: Record<string, string>) {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    return (await import('@/lib/server/settings')).getService()
  }

  it('is none without its address', async () => {
    expect(await serviceOf({PYTHON_API_URL: '', BACKTEST_SECRET: 'short'})).toBeNull()
  })

  it.each([
    ['http://localhost:8000', 'http://localhost:8001'],
    ['http://api:9000/', 'http://api:9001'],
    ['https://api.example.com', 'https://api.example.com'],
    ['https://example.com/backtests/', 'https://example.com'],
  ])('at %s has its live updates at %s', async (url, publicSocketUrl) => {
    const publicUrl = url.replace(/\/$/, '')
    expect(await serviceOf({PYTHON_API_URL: url})).toMatchObject({url: publicUrl, publicUrl, publicSocketUrl})
  })

  it('is where browsers are told, which may be elsewhere', async () => {
    const env = {PYTHON_API_URL: 'http://api:8000', BACKTEST_PUBLIC_API_URL: 'http://localhost:8000'}
    expect(await serviceOf(env)).toMatchObject({url: 'http://api:8000', publicSocketUrl: 'http://localhost:8001'})
    vi.resetModules()
    const both = {...env, BACKTEST_PUBLIC_SOCKET_URL: 'https://live.example.com'}
    expect(await serviceOf(both)).toMatchObject({publicSocketUrl: 'https://live.example.com'})
  })

  it('has a secret, from the environment or from a file', async () => {
    const secret = 'of at least thirty-two characters'
    expect(await serviceOf({PYTHON_API_URL: 'http://a', BACKTEST_SECRET: secret})).toMatchObject({secret})
    vi.resetModules()
    const path = join(mkdtempSync(join(tmpdir(), 'backtest-secret-')), 'secret')
    writeFileSync(path, `${secret}\n`)
    expect(await serviceOf({BACKTEST_SECRET: '', BACKTEST_SECRET_FILE: path})).toMatchObject({secret})
    rmSync(dirname(path), {recursive: true})
  })

  it.each([
    [{PYTHON_API_URL: 'localhost:8000'}, 'PYTHON_API_URL'],
    [{PYTHON_API_URL: 'http://a', BACKTEST_PUBLIC_SOCKET_URL: 'ws://a'}, 'BACKTEST_PUBLIC_SOCKET_URL'],
    [{PYTHON_API_URL: 'http://a', BACKTEST_SECRET: 'short'}, 'BACKTEST_SECRET'],
    [{PYTHON_API_URL: 'http://a', BACKTEST_SECRET: 'a', BACKTEST_SECRET_FILE: 'b'}, 'not both'],
  ])('is not guessed from %j', async (env, said) => {
    await expect(serviceOf(env)).rejects.toThrow(said)
  })
})
