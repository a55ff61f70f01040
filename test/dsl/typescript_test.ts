import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { place } from '../../dsl/diagnostics/render.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { loadTexts, planTexts, smallRecipe } from './support.ts'

const smallTypeScript = `
import { bpe, classifier, crawl, decontaminate, distill, grammar, landmarks, localisation, mammut, mix, recipe, retrieval, rules, train } from 'terroir'
import { rate } from './rates.ts'
import sizes from './sizes.json' with { type: 'json' }

const table = 'table' + '.geojson'
const places = landmarks({ table, imagery: 'blue-marble', ground_sizes: [300, 600].map(km => \`\${km}km\`), captions: grammar({}) })
const web = crawl({ imagery: 'blue-marble', samples: 2 * 1000, table })
const plausible = rules({ from: web })
const overhead = classifier({ from: plausible })
const clean = decontaminate({ from: overhead, against: [places.test] })
const tiny = mammut({ ...{ vision: sizes, text: sizes }, tokenizer: bpe({ from: [places, clean] }) })
const common = { learning_rate: rate }
const pretrain = train({
  model: tiny,
  phases: [
    { name: 'first', data: clean, samples: '1k', ...common },
    { name: 'mix', data: mix([[places, 3], [clean, 1]]), samples: '2k', ...common },
  ],
})
const water = { water: { prompts: ['water'], against: ['land'] } }
const localise = distill({ model: pretrain, data: places, queries: water, samples: '1k', learning_rate: rate })

export default recipe({
  name: 'small',
  seed: 3,
  sources: { places, web },
  filters: { plausible, overhead, clean },
  models: { tiny },
  train: { pretrain },
  distill: { localise },
  evaluate: {
    retrieval: retrieval({ model: pretrain.phase('mix'), data: places.test }),
    water: localisation({ model: localise.round(2), data: places.test, queries: water }),
  },
  claims: { learns: { metric: 'retrieval.mean_recall', at_least: 5, origin: 'a guess' } },
})
`

const files = {
  'recipe.ts': smallTypeScript,
  'rates.ts': 'export const rate = 1 / 1000\n',
  'sizes.json': '{ "width": 32, "layers": 2, "heads": 2 }',
}

test('a TypeScript recipe compiles to the plan of the YAML recipe of the same meaning, byte by byte', async () => {
  const anywhere = (text: string): string => text.replaceAll(/"[^"]*\/table\.geojson"/g, '"TABLE"')
  const [a, b] = [await planTexts(files), await planTexts({ 'recipe.yaml': smallRecipe })]
  assert.is(anywhere(canonical(a)), anywhere(canonical(b)))
})

/** The first diagnostic of the recipe with a piece of it changed: code, line and the text it points at. */
async function faultOf(from: string, to: string): Promise<string> {
  const text = smallTypeScript.replace(from, to)
  assert.is.not(text, smallTypeScript)
  const { diagnostics } = await loadTexts({ ...files, 'recipe.ts': text })
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  assert.is(errors.length, 1, errors.map(({ code, message }) => `${code} ${message}`).join('\n'))
  return errors.map(({ code, span }) => `${code}: ${span.source.text.slice(span.start, span.end)}`).join()
}

test('faults are told where they are written', async () => {
  assert.is(await faultOf('samples: 2 * 1000', 'sample: 2000'), 'unknown-key: sample')
  assert.is(await faultOf("'blue-marble', ground", "'blue-marbel', ground"), "unknown-value: 'blue-marbel'")
  assert.is(await faultOf('data: clean, samples', 'data: tiny, samples'), 'wrong-kind: tiny')
  assert.is(await faultOf('places.test]', 'places.tset]'), 'unknown-split: places.tset')
  assert.is(await faultOf("phase('mix')", "phase('mic')"), "unknown-phase: pretrain.phase('mic')")
  assert.is(
    await faultOf('filters: { plausible, overhead', 'filters: { overhead'),
    'unknown-reference: rules({ from: web })',
  )
  assert.is(await faultOf("table = 'table' + '.geojson'", "table = 'nowhere'"), "missing-file: 'nowhere'")
  assert.is(await faultOf("'./rates.ts'", "'./rate.ts'"), "missing-file: './rate.ts'")
  assert.is(await faultOf('const web = crawl({', 'const web = crawl({{'), 'typescript-syntax: {')
})

test('what would have to run is no recipe, and is not run', async () => {
  const cases: readonly (readonly [string, string])[] = [
    ['console.log(1)', 'console.log(1)'],
    ['process.exit(0)', 'process.exit(0)'],
    ['while (true) {}', 'while (true) {}'],
    ['for (;;) {}', 'for (;;) {}'],
    ['function f() { return f() }', 'function f() { return f() }'],
    ['class A {}', 'class A {}'],
    ['let x = 1', 'let x = 1'],
    ["import fs from 'node:fs'", "import fs from 'node:fs'"],
    ["await fetch('https://example.org')", "await fetch('https://example.org')"],
  ]
  for (const [statement, told] of cases)
    assert.is(await faultOf("\nconst table = 'table'", `\n${statement}\nconst table = 'table'`), `not-static: ${told}`)
  assert.is(
    await faultOf('const water', "const idle = fetch('http://a')\nconst water"),
    "not-static: fetch('http://a')",
  )
  assert.is(await faultOf('seed: 3', 'get seed() { return 3 }'), 'not-static: get seed() { return 3 }')
  assert.is(await faultOf('seed: 3', 'seed: Math.random()'), 'not-static: Math.random()')
  assert.is(await faultOf('seed: 3', 'seed: Number(process.env.SEED)'), 'not-static: Number(process.env.SEED)')
  assert.is(await faultOf('seed: 3', 'seed: seed'), 'not-static: seed')
})

test('constants that refer to themselves and lists that grow without end stop', async () => {
  const itself = await loadTexts({ 'recipe.ts': 'const a = [b]\nconst b = [a]\nexport default b\n' })
  assert.is(itself.diagnostics[0]?.code, 'not-static')
  const doubled = Array.from({ length: 40 }, (_, at) => `const a${at + 1} = [...a${at}, ...a${at}].map(x => x)`).join(
    '\n',
  )
  const grown = await loadTexts({ 'recipe.ts': `const a0 = [1]\n${doubled}\nexport default a40\n` })
  assert.is(grown.diagnostics[0]?.code, 'not-static')
})

test('numbers are what TypeScript reads them as', async () => {
  const text = smallTypeScript.replace('samples: 2 * 1000', 'samples: 2_000').replace('seed: 3', 'seed: 0x3')
  const plan = await planTexts({ ...files, 'recipe.ts': text, 'rates.ts': 'export const rate = 2.5e-7 * 4e3\n' })
  const same = await planTexts(files)
  const seen = (stages: typeof plan.stages) =>
    stages.map(({ id, params }) => [id, params.samples, params.seed, params.learning_rate])
  assert.equal(seen(plan.stages), seen(same.stages))
})

test('a file without a default export has no recipe', async () => {
  const { diagnostics } = await loadTexts({ 'recipe.ts': 'export const a = 1\n' })
  assert.equal(
    diagnostics.map(({ code, span }) => [code, place(span).endsWith('recipe.ts:1:1')]),
    [['empty-recipe', true]],
  )
})

test('entries can be made by map', async () => {
  const text = smallTypeScript.replace(
    /evaluate: \{[\s\S]*?\n {2}\},/,
    "evaluate: Object.fromEntries(['first', 'mix'].map(phase => ['after-' + phase, retrieval({ model: pretrain.phase(phase), data: places.test })])),",
  )
  const plan = await planTexts({ ...files, 'recipe.ts': text.replace(/claims: .*\n/, '') })
  assert.equal(
    plan.stages.filter(({ kind }) => kind === 'retrieval').map(({ id, inputs }) => `${id} ${inputs.images?.stage}`),
    ['after-first pretrain.first.on.places.test', 'after-mix pretrain.mix.on.places.test'],
  )
})

test('a recipe of TypeScript may be a base', async () => {
  const base = "import { recipe } from 'terroir'\nexport default recipe({ name: 'typed', seed: 7 })\n"
  const { variants } = await loadTexts({
    'r.yaml': `extends: base.ts\n${smallRecipe.replace('name: small\n', '')}`,
    'base.ts': base,
  })
  assert.equal([variants[0]?.recipe.name, variants[0]?.recipe.seed], ['typed', 3])
})

test.run()
