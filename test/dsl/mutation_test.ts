/** Generated single faults over recipes: each gives exactly one error, at its line and column, with the right suggestion. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { position } from '../../dsl/values/located.ts'
import { projectRoot } from '../support.ts'
import { type Mutation, mutationsOf, slips } from './mutations.ts'
import { loadTexts } from './support.ts'

/** Files that the recipes name, beside them. */
const beside = {
  'places.geojson': '{}',
  'data/landmarks.geojson': '{}',
  'pairs/captions.json': '{}',
  'pairs/images/a.jpg': '',
  'shards/0.tar': '',
  'shards/1.tar': '',
  'rows/a.parquet': '',
  'photos/list.csv': '',
}

interface Outcome {
  readonly sort: string
  /** The difference from the expected diagnostics. */
  readonly fault?: string
  readonly isTypo: boolean
  readonly isSuggested: boolean
}

interface Files {
  /** The text that a right suggestion brings back. */
  readonly original: string
  readonly table: { readonly [name: string]: string }
}

/** Loads one mutation of a recipe. */
async function outcome(file: string, mutation: Mutation, { original, table }: Files): Promise<Outcome> {
  const { sort, what, text, at, isTypo } = mutation
  const { diagnostics } = await loadTexts({ [file]: text, ...table })
  const [first, ...others] = diagnostics.filter(({ severity }) => severity === 'error')
  const end = (fault?: string, isSuggested = false): Outcome => ({
    sort,
    isTypo,
    isSuggested,
    ...(fault !== undefined && { fault: `${sort}: ${what}: ${fault}` }),
  })
  if (first === undefined) return end('accepted')
  const told = [first, ...others].map(({ code, message }) => `${code} ${message}`).join('; ')
  if (others.length > 0) return end(`${others.length + 1} errors: ${told}`)
  const [is, should] = [first.span.start, at].map(offset => position({ ...first.span.source, text }, offset))
  if (is?.line !== should?.line || is?.column !== should?.column)
    return end(`told at ${is?.line}:${is?.column}, not ${should?.line}:${should?.column}: ${told}`)
  const { edit } = first.fix ?? {}
  const mended = edit ? text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end) : text
  return end(undefined, mended === original)
}

/** In turns of a few: each has a folder of its own. */
async function outcomes(file: string, mutations: readonly Mutation[], files: Files): Promise<readonly Outcome[]> {
  const waiting = [...mutations]
  const done: Outcome[] = []
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) done.push(await outcome(file, next, files))
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return done
}

function judge(all: readonly Outcome[], least: number): void {
  assert.ok(all.length >= least, `${all.length} mutations`)
  assert.equal(
    all.flatMap(({ fault }) => fault ?? []),
    [],
  )
  const typos = all.filter(({ isTypo }) => isTypo)
  const right = typos.filter(({ isSuggested }) => isSuggested).length
  console.log(`${all.length} faults; ${right} of ${typos.length} suggestions are right`)
  assert.ok(right / typos.length >= 0.95, `${right} of ${typos.length} suggestions are right`)
}

for (const [path, least] of [
  ['recipes/quickstart.yaml', 400],
  ['test/specs/check/fine/recipe.yaml', 300],
  ['test/dsl/fixtures/kinds.yaml', 400],
] as const)
  test(`each of the single faults in ${path} gives one error at its place`, async () => {
    const text = readFileSync(join(projectRoot, path), 'utf8')
    judge(await outcomes('recipe.yaml', mutationsOf(text), { original: text, table: beside }), least)
  })

/** Single faults of a TypeScript recipe: its tokens are found by their looks. */
function typeScriptMutations(text: string): readonly Mutation[] {
  const body = text.indexOf('const heldOut')
  const change = (pattern: RegExp, sort: string, to: (token: string) => readonly string[]): readonly Mutation[] =>
    [...text.matchAll(pattern)].flatMap(match => {
      const [whole, token = ''] = match
      const at = match.index + whole.indexOf(token)
      return match.index < body
        ? []
        : to(token).map(by => ({
            sort,
            what: `'${token}' -> '${by}'`,
            text: text.slice(0, at) + by + text.slice(at + token.length),
            at,
            isTypo: sort.startsWith('typo'),
          }))
    })
  const options =
    /\b(table|imagery|ground_sizes|tiles_per_landmark|split|val|test|buffer|hold_out_kinds|captions|per_image|vision|width|layers|heads|text|context_length|tokenizer|from|model|augment|crop|colour|phases|data|samples|learning_rate|seed|sources|models|train|evaluate|templates): /g
  return [
    ...change(options, 'typo in an option', slips),
    ...change(/imagery: ('[a-z-]+')/g, 'typo in a choice', token => slips(token.slice(1, -1)).map(slip => `'${slip}'`)),
    ...change(/: (places\.(?:test|train))/g, 'wrong reference', () => ['small', 'pretrain', 'places.middle']),
    ...change(/model: (pretrain)/g, 'wrong reference', () => ['small', 'places', "pretrain.phase('none')"]),
    ...change(/model: (small)/g, 'wrong reference', () => ['pretrain', 'places.train']),
    ...change(/: ([0-9][0-9.]*)\b/g, 'wrong type', () => ["'lots'", 'true', '[1]', '{ a: 1 }', '-1']),
    ...change(/buffer: ('150km')/g, 'wrong unit', () => ['150', "'150'", "'150 miles'"]),
    ...change(/samples: ('16k')/g, 'wrong unit', () => ["'16x'", '1.5', "'k'"]),
    ...change(/= (landmarks|mammut|train)\(/g, 'not static', () => ['fetch', 'nowhere']),
    ...change(/seed: (7)/g, 'not static', () => ['Math.random()', 'Date.now()', 'process.pid']),
  ]
}

test('each of the single faults in recipes/hold_out.ts gives one error at its place', async () => {
  const text = readFileSync(join(projectRoot, 'recipes/hold_out.ts'), 'utf8')
  const file = 'recipes/recipe.ts'
  const table = { 'recipes/data/landmarks.geojson': '{}' }
  judge(await outcomes(file, typeScriptMutations(text), { original: text, table }), 150)
})

const badSets: readonly (readonly [flag: string, code: string])[] = [
  ['seed', 'bad-set'],
  ['=5', 'bad-set'],
  ['seeed=5', 'unknown-key'],
  ['seed=lots', 'type-mismatch'],
  ['seed=-1', 'out-of-range'],
  ['seed=1.5', 'type-mismatch'],
  ['seed=010', 'ambiguous-scalar'],
  ['seed=1e-4', 'type-mismatch'],
  ['seed=no', 'type-mismatch'],
  ['engine=gpu', 'unknown-value'],
  ['params.tabel=x', 'unknown-parameter'],
  ['models.mammut.vision.widht=64', 'unknown-key'],
  ['models.mammut.vision=64', 'type-mismatch'],
  ['models.mamut.vision.width=64', 'bad-set'],
  ['models.mammut.image_size=63', 'shape-mismatch'],
  ['train.pretrain.phases.wbe.samples=1k', 'bad-set'],
  ['train.pretrain.phases.web.samples=1x', 'bad-quantity'],
  ['train.pretrain.phases.web.samples=1', 'out-of-range'],
  ['train.pretrain.phases.web.learning_rate=0', 'out-of-range'],
  ['train.pretrain.model=landmarks', 'wrong-kind'],
  ['filters.clean.from=clean', 'dependency-cycle'],
  ['evaluate.retrieval.data=landmarks.train', 'leaking-split'],
  ['claims.filter_works.metric=overhead.f2', 'unknown-metric'],
  ['sources.landmarks.split.buffer=150', 'bad-quantity'],
]

test('each bad --set gives one error at the flag', async () => {
  const text = readFileSync(join(projectRoot, 'recipes/quickstart.yaml'), 'utf8')
  for (const [flag, code] of badSets) {
    const { diagnostics } = await loadTexts({ 'recipe.yaml': text, ...beside }, [flag])
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    assert.equal(
      errors.map(error => `${error.code} at ${error.span.source.name}`),
      [`${code} at --set ${flag}`],
      flag,
    )
  }
})

test.run()
