// Copies what the page shares with the runner: the request's schema, with its references resolved, and of the report the
// design tokens, the formats of numbers and CSV, the marks of axes, and what both say (shared.json, answers.json); and
// the table of docs/not-modelled.md. `--check` fails where a copy is out of date. The copies are committed, so that a
// build needs no runner.
import {readFileSync, writeFileSync} from 'node:fs'

const SCHEMAS = new URL('../../../schemas/', import.meta.url)
const REPORT = new URL('../../../backtester/report/static/', import.meta.url)
const SHARED = ['tokens.css', 'format.js', 'ticks.js', 'csv.js', 'shared.json', 'answers.json']
const NOT_MODELLED = new URL('../../../docs/not-modelled.md', import.meta.url)
const GENERATED = new URL('../generated/', import.meta.url)

const read = (url) => readFileSync(url, 'utf8')
const documents = new Map()

function documentAt(url) {
  if (!documents.has(url.href)) documents.set(url.href, JSON.parse(read(url)))
  return documents.get(url.href)
}

/** A schema with every $ref replaced by what it names; what stands beside a $ref wins. */
function resolved(schema, base) {
  if (Array.isArray(schema)) return schema.map((item) => resolved(item, base))
  if (typeof schema !== 'object' || schema === null) return schema
  const {$ref, ...beside} = schema
  const own = Object.fromEntries(Object.entries(beside).map(([key, value]) => [key, resolved(value, base)]))
  return $ref === undefined ? own : {...referred($ref, base), ...own}
}

function referred(ref, base) {
  const url = new URL(ref, base)
  const keys = url.hash.slice(2).split('/').filter(Boolean)
  url.hash = ''
  const target = keys.reduce((value, key) => value[key], documentAt(url))
  // `symbol` is the one definition that says by its name alone what the form has to know.
  const mark = keys.at(-1) === 'symbol' ? {'x-symbol': 'any'} : {}
  return {...mark, ...resolved(target, url)}
}

/** The rows of docs/not-modelled.md: the values of the request at JSON pointers, none for always, and the words. */
function notModelled(text) {
  const rows = text
    .split('\n')
    .flatMap((line) => /^\| ((?:always|`\/).*) \| (.+) \| (.+) \|$/.exec(line)?.slice(1) ?? [])
  return Array.from({length: rows.length / 3}, (_, row) => {
    const [when, title, sentence] = rows.slice(3 * row, 3 * row + 3)
    const values = [...when.matchAll(/`(\/[^`]+)` = `([^`]+)`/g)].map(([, pointer, value]) => [
      pointer,
      JSON.parse(value),
    ])
    return {when: Object.fromEntries(values), title, sentence}
  })
}

const request = new URL('request.schema.json', SCHEMAS)
const wanted = {
  'request-schema.json': `${JSON.stringify(resolved(documentAt(request), request), null, 1)}\n`,
  ...Object.fromEntries(SHARED.map((name) => [name, read(new URL(name, REPORT))])),
  'not-modelled.json': `${JSON.stringify(notModelled(read(NOT_MODELLED)), null, 1)}\n`,
}

const stale = Object.entries(wanted).filter(([name, text]) => {
  try {
    return read(new URL(name, GENERATED)) !== text
  } catch {
    return true
  }
})
if (process.argv.includes('--check')) {
  for (const [name] of stale) console.error(`generated/${name} is out of date: npm run generate`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [name, text] of stale) writeFileSync(new URL(name, GENERATED), text)
}
