/** The request as others run it: JSON, a command line, TypeScript. */
import type {BacktestRequest} from 'backtest-runner'

const ENDPOINT = '/api/python-backtest'

export const asJson = (request: BacktestRequest): string => JSON.stringify(request, null, 2)

/** A command for a POSIX shell; a quote inside the request closes and opens the shell's own. */
export function asCurl(request: BacktestRequest, origin: string): string {
  const quoted = asJson(request).replaceAll("'", `'\\''`)
  return `curl -sS '${origin}${ENDPOINT}' \\\n  -H 'Content-Type: application/json' \\\n  --data-raw '${quoted}'\n`
}

export function asTypeScript(request: BacktestRequest): string {
  return [
    `import {runBacktest} from 'backtest-runner/node'`,
    '',
    `const result = await runBacktest(${literal(request)})`,
    '',
    'console.log(result.metrics)',
    '',
  ].join('\n')
}

/** JSON as people write it in TypeScript: bare keys, single quotes. */
function literal(value: unknown, indent = ''): string {
  const deeper = `${indent}  `
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) {
    if (!value.length) return '[]'
    const flat = `[${value.map((each) => literal(each, deeper)).join(', ')}]`
    if (!flat.includes('\n') && flat.length <= 80) return flat
    return `[\n${value.map((each) => `${deeper}${flatObject(each, deeper)},`).join('\n')}\n${indent}]`
  }
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  if (!entries.length) return '{}'
  return `{\n${entries.map(([key, each]) => `${deeper}${name(key)}: ${literal(each, deeper)},`).join('\n')}\n${indent}}`
}

/** A small object on one line: a holding. */
function flatObject(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return literal(value, indent)
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  const flat = `{${entries.map(([key, each]) => `${name(key)}: ${literal(each, indent)}`).join(', ')}}`
  return flat.includes('\n') || flat.length > 100 ? literal(value, indent) : flat
}

const name = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key))

function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner}'`
}
