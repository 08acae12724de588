/**
 * Writes src/generated/ from the JSON schemas of the contract and from the runner's table of error codes.
 *
 *     npm run generate          writes the files
 *     npm run generate:check    writes nothing; fails when they are stale
 *
 * The table of codes is asked of Python: PYTHON_PATH, or the environment that `make env` makes.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const root = resolve(packageRoot, '../..');
const schemas = join(root, 'schemas');
const output = join(packageRoot, 'src/generated');
const BANNER = '// Made by `npm run generate` from the schemas of the contract; do not edit.';

/** Nested schemas worth a name of their own, by file and JSON pointer; everything else is written in place. */
const NAMED = {
  'request.schema.json': {
    '/properties/holdings/items': 'Holding',
    '/properties/execution': 'Execution',
    '/properties/rebalancing': 'Rebalancing',
    '/properties/cash_flows/items': 'CashFlow',
    '/properties/costs': 'Costs',
    '/properties/cash': 'Cash',
    '/properties/data': 'DataOptions',
    '/properties/data/properties/prices': 'InlinePrices',
    '/properties/output': 'OutputOptions',
    '/properties/limits': 'Limits',
    '/properties/benchmark/anyOf/2': 'BenchmarkPortfolio',
    '/properties/benchmark/anyOf/2/properties/holdings/items': 'BenchmarkHolding',
    '/properties/compare/items': 'Variation',
  },
  'analysis.schema.json': {
    '/properties/sweep': 'SweepRequest',
    '/properties/walk_forward': 'WalkForwardRequest',
    '/properties/trust': 'TrustRequest',
    '/properties/projection': 'ProjectionRequest',
  },
  'result.schema.json': {
    '/properties/period': 'Period',
    '/properties/metrics': 'Metrics',
    '/properties/metrics_monthly': 'MonthlyMetrics',
    '/properties/benchmark/anyOf/0': 'BenchmarkResult',
    '/properties/benchmark/anyOf/0/properties/metrics': 'BenchmarkMetrics',
    '/properties/series': 'Series',
    '/properties/weights': 'Weights',
    '/properties/held_weights': 'HeldWeights',
    '/properties/trades/items': 'Trade',
    '/properties/final_holdings/items': 'FinalHolding',
    '/properties/tables': 'Tables',
    '/properties/attribution': 'Attribution',
    '/properties/decisions': 'Decisions',
    '/properties/rules': 'RuleCounts',
    '/properties/rules/properties/leaves/items': 'RuleLeaf',
    '/properties/audit': 'Audit',
    '/properties/warnings/items': 'BacktestWarning',
    '/properties/comparison': 'Comparison',
  },
  'analysis_result.schema.json': {
    '/properties/sweep': 'Sweep',
    '/properties/sweep/properties/overfitting': 'Overfitting',
    '/properties/walk_forward': 'WalkForward',
    '/properties/trust': 'Trust',
    '/properties/projection': 'Projection',
  },
  'error.schema.json': { '/properties/errors/items': 'Problem' },
  'progress.schema.json': {},
  'job.schema.json': {
    '/properties/links': 'JobLinks',
    '/properties/counts': 'BatchCounts',
    '/properties/jobs/items': 'BatchMember',
  },
  'jobs.schema.json': {},
  'batch.schema.json': {},
};

/** Whole documents that others refer to, and where their types are. */
const DOCUMENTS = {
  'request.schema.json': ['BacktestRequest', '../request.js'],
  'result.schema.json': ['BacktestResult', './result.js'],
  'error.schema.json': ['BacktestErrorDocument', './error.js'],
  'progress.schema.json': ['ProgressEvent', './progress.js'],
  'job.schema.json': ['Job', './job.js'],
  'analysis.schema.json': ['AnalysisRequest', './analysis.js'],
  'analysis_result.schema.json': ['AnalysisResult', './analysis_result.js'],
};

const readSchema = (file) => JSON.parse(readFileSync(join(schemas, file), 'utf8'));
const pascal = (name) => name.replace(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase());
const common = readSchema('common.schema.json');

/** The enumerations that schemas share become types of their own in common.ts: RebalanceFrequency, Score, … */
const sharedTypes = Object.entries(common.$defs)
  .filter(([, schema]) => schema.enum)
  .map(([name]) => name);

/** Other definitions that become types of their own there, each with how it is referred to. */
const SHARED_OBJECTS = { lookbacks: 'Lookback[] | null', axes: 'Axes' };

/** Follow a reference: into common.schema.json, or to a whole document. What stands beside `$ref` overrides its target. */
function resolved(schema) {
  if (schema.$ref === undefined) return schema;
  if (schema.$ref in DOCUMENTS) return { description: schema.description, tsType: DOCUMENTS[schema.$ref][0] };
  const own = /^#\/\$defs\/(\w+)$/.exec(schema.$ref)?.[1]; // a part of a tree: a type of its own
  if (own !== undefined) return { description: schema.description, tsType: `Rule${pascal(own)}` };
  const name = /^(?:\.\.\/)?common\.schema\.json#\/\$defs\/(\w+)$/.exec(schema.$ref)?.[1];
  if (name === undefined) throw new Error(`a reference that this script does not follow: ${schema.$ref}`);
  const { $ref: _, ...beside } = schema;
  const target = { ...common.$defs[name], ...beside };
  if (sharedTypes.includes(name)) return { ...target, tsType: pascal(name) };
  if (name in SHARED_OBJECTS) return { ...target, tsType: SHARED_OBJECTS[name] };
  return target;
}

/** The JSDoc of a schema: what it is, its unit, its default. */
function comment(schema) {
  const lines = [];
  const description = schema.description || (schema.title && `${schema.title}.`);
  if (description) lines.push(description.replaceAll('*/', '*\u200b/'));
  if (schema['x-unit']) lines.push(`Unit: ${schema['x-unit']}.`);
  if (schema.default !== undefined) lines.push('', `@default ${JSON.stringify(schema.default)}`);
  return lines.join('\n').trim();
}

/** The type of what a schema leaves open; undefined where it does not. */
function opaque(schema) {
  // names that plug-ins add to: an editor offers the known ones, and every other one is accepted
  if (schema.type === 'string' && schema.anyOf) {
    return `${schema.anyOf[0].enum.map((one) => `'${one}'`).join(' | ')} | (string & {})`;
  }
  if (schema.type === 'object' && !schema.properties && !schema.additionalProperties) return 'Record<string, unknown>';
  return schema.type || schema.enum || schema.anyOf || schema.oneOf || 'const' in schema ? undefined : 'unknown';
}

/** What json-schema-to-typescript is to see of a schema: references followed, titles only where a name is wanted. */
function prepared(original, pointer, names) {
  const schema = resolved(original);
  const made = {};
  for (const key of ['type', 'enum', 'const', 'required']) {
    if (schema[key] !== undefined) made[key] = schema[key];
  }
  if (names[pointer]) made.title = names[pointer];
  const description = comment(schema);
  if (description) made.description = description;
  const tsType = schema.tsType ?? opaque(schema);
  if (tsType) return { tsType, description };
  if (schema.items) {
    made.items = prepared(schema.items, `${pointer}/items`, names);
    if (!made.items.properties) delete made.items.description; // the array's own says it
  }
  if (schema.anyOf) made.anyOf = schema.anyOf.map((one, i) => prepared(one, `${pointer}/anyOf/${i}`, names));
  if (schema.oneOf) made.anyOf = schema.oneOf.map((one, i) => prepared(one, `${pointer}/oneOf/${i}`, names));
  if (schema.properties) {
    made.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, one]) => [
        key,
        prepared(one, `${pointer}/properties/${key}`, names),
      ]),
    );
    made.additionalProperties = false;
  }
  if (schema.additionalProperties) {
    made.additionalProperties = prepared(schema.additionalProperties, `${pointer}/additionalProperties`, names);
  }
  return made;
}

/** TypeScript of one schema, under one name. */
async function typesOf(schema, name, names = {}) {
  for (const pointer of Object.keys(names)) {
    const found = pointer
      .split('/')
      .slice(1)
      .reduce((at, key) => at?.[key], schema);
    if (!found) throw new Error(`${name} has nothing at ${pointer} any more: mend NAMED in scripts/generate.mjs`);
  }
  const text = await compile({ ...prepared(schema, '', names), title: name }, name, {
    additionalProperties: false,
    bannerComment: '',
    format: true,
    ignoreMinAndMaxItems: true,
    style: { singleQuote: true, printWidth: 110 },
  });
  return text
    .trim()
    .replace(/\/\*\*\n *\* (.*)\n *\*\//g, '/** $1 */')
    .replace(/^}\n(?=\/\*\*|export)/gm, '}\n\n');
}

/** What callers send may be read-only to them. */
const readonly = (code) => code.replace(/([:|]) (?=(?:\w+|\([^()]*\))\[\])/g, '$1 readonly ');

/** The imports that a piece of generated code needs: from common.ts, and of whole documents. */
function importsFor(code) {
  const isUsed = (name) => new RegExp(`(?:[:|]|: readonly) ${name}\\b`).test(code);
  const shared = [...sharedTypes.map(pascal), 'Axes', 'Lookback'].sort().filter(isUsed);
  const documents = Object.values(DOCUMENTS).filter(([name]) => isUsed(name));
  return [...(shared.length > 0 ? [[shared.join(', '), './common.js']] : []), ...documents]
    .map(([names, module]) => `import type { ${names} } from '${module}';\n`)
    .sort((one, other) => (one.slice(one.indexOf(' from ')) < other.slice(other.indexOf(' from ')) ? -1 : 1))
    .join('');
}

const file = (...parts) => `${[BANNER, ...parts.filter(Boolean)].join('\n\n')}\n`;
const withImports = (code) => file(importsFor(code).trim(), code);

async function commonTypes() {
  const pieces = sharedTypes.map((name) => typesOf({ ...common.$defs[name], default: undefined }, pascal(name)));
  pieces.push(typesOf(common.$defs.lookbacks.items, 'Lookback'));
  const range = { '/additionalProperties/anyOf/1': 'Range' };
  pieces.push(typesOf(common.$defs.axes, 'Axes', range).then(readonly));
  return file(...(await Promise.all(pieces)));
}

/** The request without `strategy` and `parameters`, which src/request.ts puts together for every strategy. */
async function requestTypes() {
  const schema = readSchema('request.schema.json');
  delete schema.properties.strategy;
  delete schema.properties.parameters;
  schema.required = schema.required.filter((key) => key !== 'strategy');
  schema.description = `${schema.description}\nThe fields that every strategy shares; {@link BacktestRequest} has them all.`;
  return withImports(readonly(await typesOf(schema, 'RequestFields', NAMED['request.schema.json'])));
}

async function strategyTypes() {
  const names = readdirSync(join(schemas, 'strategies'))
    .filter((entry) => entry.endsWith('.schema.json'))
    .map((entry) => entry.replace('.schema.json', ''))
    .sort();
  const read = names.map((name) => [name, readSchema(`strategies/${name}.schema.json`)]);
  const parts = read.flatMap(([, { $defs }]) => Object.entries($defs ?? {}));
  const pieces = await Promise.all([
    ...read.map(([name, schema]) => typesOf(schema, `${pascal(name)}Parameters`)),
    ...parts.map(([name, schema]) => typesOf(schema, `Rule${pascal(name)}`)),
  ]);
  const members = read.map(([name, schema]) => `  /** ${schema.description} */\n  ${name}: ${pascal(name)}Parameters;`);
  const table = [
    '/** The built-in strategies, each with its parameters. */',
    `export interface BuiltInStrategies {\n${members.join('\n')}\n}`,
  ].join('\n');
  return withImports(readonly([table, ...pieces].join('\n\n')));
}

async function documentTypes(name, typeName) {
  const schema = readSchema(name);
  return withImports(await typesOf(schema, typeName, NAMED[name]));
}

/** The table of error codes, as backtester/model/codes.py has it. */
function codes() {
  const python =
    process.env.PYTHON_PATH ??
    join(root, process.platform === 'win32' ? '.venv/Scripts/python.exe' : '.venv/bin/python');
  const call =
    'import json; from backtester.model.codes import ERROR_CODES as errors, WARNING_CODES as warnings; ' +
    'print(json.dumps([{code: entry._asdict() for code, entry in errors.items()}, warnings]))';
  const [table, warnings] = JSON.parse(execFileSync(python, ['-c', call], { cwd: root, encoding: 'utf8' }));
  const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const entries = Object.entries(table).map(([code, { exit, status, retryable, title, meaning, remedy }]) =>
    [
      `  /** ${meaning} */`,
      `  ${code}: {`,
      `    exit: ${exit},`,
      `    status: ${status},`,
      `    retryable: ${retryable},`,
      `    title: ${quoted(title)},`,
      `    remedy: ${quoted(remedy)},`,
      '  },',
    ].join('\n'),
  );
  const head =
    '/** Every error code with what it means to a caller: exit status of the runner, HTTP status, whether to retry. */';
  const told = Object.entries(warnings).map(
    ([code, [severity, meaning]]) => `  ${code}: { severity: ${quoted(severity)}, meaning: ${quoted(meaning)} },`,
  );
  return file(
    `${head}\nexport const ERROR_CODES = {\n${entries.join('\n')}\n} as const;`,
    `/** Every warning code with its severity and what it means. */\nexport const WARNING_CODES = {\n${told.join('\n')}\n} as const;`,
  );
}

/** The questions of a request: what callers send, so they may be read-only to them. */
async function analysisTypes() {
  const schema = readSchema('analysis.schema.json');
  return withImports(readonly(await typesOf(schema, 'AnalysisRequest', NAMED['analysis.schema.json'])));
}

/** A batch: what callers send, so it may be read-only to them. */
async function batchTypes() {
  const schema = readSchema('batch.schema.json');
  return withImports(readonly(await typesOf(schema, 'Batch', NAMED['batch.schema.json'])));
}

const generated = {
  'analysis.ts': await analysisTypes(),
  'analysis_result.ts': await documentTypes('analysis_result.schema.json', 'AnalysisResult'),
  'batch.ts': await batchTypes(),
  'codes.ts': codes(),
  'common.ts': await commonTypes(),
  'error.ts': await documentTypes('error.schema.json', 'BacktestErrorDocument'),
  'job.ts': await documentTypes('job.schema.json', 'Job'),
  'jobs.ts': await documentTypes('jobs.schema.json', 'Jobs'),
  'progress.ts': await documentTypes('progress.schema.json', 'ProgressEvent'),
  'request.ts': await requestTypes(),
  'result.ts': await documentTypes('result.schema.json', 'BacktestResult'),
  'strategies.ts': await strategyTypes(),
};

mkdirSync(output, { recursive: true });
const present = Object.fromEntries(readdirSync(output).map((name) => [name, readFileSync(join(output, name), 'utf8')]));
const stale = [...new Set([...Object.keys(generated), ...Object.keys(present)])].filter(
  (name) => generated[name] !== present[name],
);

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(
      `src/generated is stale (${stale.sort().join(', ')}): run \`npm run generate\` and commit what it writes`,
    );
    process.exit(1);
  }
} else {
  for (const name of stale) {
    if (generated[name] === undefined) rmSync(join(output, name));
    else writeFileSync(join(output, name), generated[name]);
    console.log(`${generated[name] === undefined ? 'removed' : 'wrote'} src/generated/${name}`);
  }
}
