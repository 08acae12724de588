import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'

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
