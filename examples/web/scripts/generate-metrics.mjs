#!/usr/bin/env node
// What the result's figures are called and mean, and how the strategies name their parameters: taken from the schemas,
// so that the page explains itself in their words. `--check` only says whether the files in generated/ are up to date.
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'

const schemas = new URL('../../../schemas/', import.meta.url)
const generated = new URL('../generated/', import.meta.url)
const read = (name) => JSON.parse(readFileSync(new URL(name, schemas), 'utf8'))
const common = read('common.schema.json')

/** The schema itself, or what it refers to, a definition or a whole document, with its own words over it. */
function resolved(schema) {
  const [, file, name] = /^(?:\.\.\/)?(\w+\.schema\.json)(?:#\/\$defs\/(\w+))?$/.exec(schema.$ref ?? '') ?? []
  if (file === undefined) return schema
  return {...(name === undefined ? read(file) : common.$defs[name]), ...schema}
}

// Those that the page shows. The benchmark's metrics have the portfolio's definitions.
const SHOWN = [
  'result_id',
  'engine',
  'metrics',
  'metrics_monthly',
  'trades',
  'final_holdings',
  'final_cash',
  'tables',
  'attribution',
  'audit',
  'data',
  'analysis',
]
const PARTS = {
  '/tables': ['drawdowns', 'rolling_returns', 'stress_periods', 'trailing_returns'],
  '/tables/rolling_returns/0': ['best', 'worst', 'average', 'share_positive'],
  '/attribution': ['profit', 'risk', 'costs'],
  '/analysis': ['sweep', 'walk_forward', 'trust', 'projection'],
  '/analysis/sweep': ['overfitting'],
  '/analysis/walk_forward': ['efficiency', 'yardsticks'],
  '/analysis/projection': ['safe_withdrawal_rate', 'perpetual_withdrawal_rate'],
}
const WHOLE =
  /^\/attribution\/(profit|risk)$|^\/analysis\/(trust\/(timing_luck|start_dates|lag)|walk_forward\/yardsticks\/\w+|projection\/\w+)$/

function walk(pointer, raw, found) {
  const schema = resolved(raw)
  const {title, description} = schema
  const unit = schema['x-unit']
  if (title) found[pointer] = {title, ...(description && {description}), ...(unit && {unit})}
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (WHOLE.test(pointer) || PARTS[pointer]?.includes(key) === false) continue
    walk(`${pointer}/${key}`, child, found)
  }
  if (schema.items) walk(`${pointer}/0`, schema.items, found)
  return found
}

const result = read('result.schema.json')
const figures = {}
for (const key of SHOWN) walk(`/${key}`, result.properties[key], figures)

/** What is said of a parameter, of the schema's words. */
function parameter(raw) {
  const one = resolved(raw)
  const kept = ['title', 'default', 'enum', 'x-unit', 'x-used-when'].filter((key) => one[key] !== undefined)
  const items = one.items && resolved(one.items)
  const inner = items && {
    ...(items.enum && {enum: items.enum}),
    ...(items.properties && {properties: parameters(items.properties)}),
  }
  return {...Object.fromEntries(kept.map((key) => [key, one[key]])), ...(inner && {items: inner})}
}

function parameters(properties) {
  return Object.fromEntries(Object.entries(properties).map(([key, raw]) => [key, parameter(raw)]))
}

const strategies = {}
for (const file of readdirSync(new URL('strategies/', schemas))
  .filter((name) => name.endsWith('.schema.json'))
  .sort()) {
  const {title, properties} = read(`strategies/${file}`)
  strategies[file.replace('.schema.json', '')] = {title, properties: parameters(properties)}
}

// Those of the answers of analysis stand apart: only a result that has answers needs them.
const ofAnalysis = ([pointer]) => pointer.startsWith('/analysis/')
const all = Object.entries(figures)
const wanted = {
  'metrics.json': {figures: Object.fromEntries(all.filter((one) => !ofAnalysis(one))), strategies},
  'analysis-figures.json': Object.fromEntries(all.filter(ofAnalysis)),
}
for (const [name, found] of Object.entries(wanted)) {
  const text = `${JSON.stringify(found, null, 1)}\n`
  const file = new URL(name, generated)
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error(`generated/${name} is not what the schemas say; run: node scripts/generate-metrics.mjs`)
    process.exitCode = 1
  }
}
