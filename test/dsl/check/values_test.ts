import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { edited, faultTexts, loadTexts, onlyVariant, smallRecipe } from '../support.ts'

const faultsBy = async (old: string, now: string): Promise<readonly string[]> =>
  faultTexts(await loadTexts({ 'r.yaml': edited(old, now) }))

test('a value of another type, with the spelling that was meant', async () => {
  assert.equal(await faultsBy('[300km, 600km]', '300km'), ['type-mismatch 300km -> [300km]'])
  assert.equal(await faultsBy('seed: 3', "seed: '3'"), ["type-mismatch '3' -> 3"])
  assert.equal(await faultsBy('seed: 3', "seed: 'x'"), ["type-mismatch 'x'"])
  assert.equal(await faultsBy('name: small', 'name: 3'), ["type-mismatch 3 -> '3'"])
  assert.equal(await faultsBy('name: small', 'name:'), ['type-mismatch '])
  assert.equal(await faultsBy('from: plausible', 'from: plausible, threshold: [0.5]'), ['type-mismatch [0.5]'])
  assert.equal(await faultsBy('seed: 3', 'seed: { a: 3 }'), ['type-mismatch {'])
  assert.equal(await faultsBy('seed: 3', 'seed:\n  a: 3'), ['type-mismatch a'])
})

test('types are named', async () => {
  const { diagnostics } = await loadTexts({ 'r.yaml': edited('seed: 3', 'seed: [3]') })
  assert.equal([diagnostics[0]?.expected, diagnostics[0]?.actual], ['a whole number', 'a list'])
  const named = await loadTexts({ 'r.yaml': edited('name: small', 'name: true') })
  assert.equal([named.diagnostics[0]?.expected, named.diagnostics[0]?.actual], ['text', 'true'])
})

test('where a parameter brought the value, its place is related', async () => {
  const recipe = edited('seed: 3', "seed: '${params.seed}'\nparams: { seed: x }")
  const { diagnostics } = await loadTexts({ 'r.yaml': recipe })
  assert.equal(faultTexts({ diagnostics }), ["type-mismatch '${params.seed}'"])
  const [related] = diagnostics[0]?.related ?? []
  assert.is(related?.span.source.text.slice(related.span.start, related.span.end), 'x')
})

test('a kind or a value that is none of those that there are', async () => {
  assert.equal(await faultsBy('kind: decontaminate', 'kind: decontaminat'), [
    'unknown-kind decontaminat -> decontaminate',
  ])
  assert.equal(await faultsBy('kind: decontaminate', 'kind: something'), ['unknown-kind something'])
  assert.equal(await faultsBy('kind: bpe', 'kind: something'), ['unknown-kind something -> bpe'])
  assert.equal(await faultsBy('seed: 3', 'engine: cppu'), ['unknown-value cppu -> cpu'])
  assert.equal(await faultsBy('seed: 3', 'engine: [cpu]'), ['unknown-value [cpu]'])
})

test('numbers within their bounds, at the bounds too', async () => {
  const threshold = (value: string) => faultsBy('from: plausible', `from: plausible, threshold: ${value}`)
  assert.equal(await threshold('1'), [])
  assert.equal(await threshold('0'), [])
  assert.equal(await threshold('1.01'), ['out-of-range 1.01'])
  assert.equal(await threshold('-0.01'), ['out-of-range -0.01'])
  assert.equal(await faultsBy('learning_rate: 0.001 }', 'learning_rate: 0 }'), ['out-of-range 0'])
  assert.equal(await faultsBy('seed: 3', 'seed: -1'), ['out-of-range -1'])
})

test('lists and mappings that must have something', async () => {
  assert.equal(await faultsBy('against: [places.test]', 'against: []'), ['out-of-range []'])
  assert.equal((await faultsBy('[300km, 600km]', '[]'))[0], 'out-of-range []')
})

test('quantities, with the spelling that was meant', async () => {
  const samples = (value: string) => faultsBy('samples: 2k\n', `samples: ${value}\n`)
  assert.equal(await samples('2 K'), ['bad-quantity 2 K -> 2k'])
  assert.equal(await samples('2K'), ['bad-quantity 2K -> 2k'])
  assert.equal(await samples('2,5k'), ['bad-quantity 2,5k -> 25k'])
  assert.equal(await samples('many'), ['bad-quantity many'])
  assert.equal(await samples('2x'), ['bad-quantity 2x'])
  const sizes = (value: string) => faultsBy('[300km, 600km]', `[${value}]`)
  assert.equal(await sizes('300 KM'), ['bad-quantity 300 KM -> 300km'])
  assert.equal(await sizes('300'), ['bad-quantity 300'])
  assert.equal(await sizes('300 metres'), ['bad-quantity 300 metres -> 300m'])
  const memory = (value: string) => faultsBy('seed: 3', `resources: { slot_memory: ${value} }`)
  assert.equal(await memory('40 gb'), ['bad-quantity 40 gb -> 40GiB'])
  assert.equal(await memory('40G'), ['bad-quantity 40G -> 40GiB'])
  assert.equal(await memory('40'), ['bad-quantity 40'])
  assert.equal(await memory('40GiB'), [])
  const hint = async (recipe: string) => (await loadTexts({ 'r.yaml': recipe })).diagnostics[0]?.fix?.hint
  assert.is(await hint(edited('[300km, 600km]', '[300]')), "write '300km' or '300m'")
  assert.is(await hint(edited('phases:', 'checkpoint_every: 30\n    phases:')), "write '30s' or '30m'")
  assert.is(await hint(edited('phases:', 'image_cache: 30\n    phases:')), "write '30GiB' or '30MiB'")
})

test('names, with the one that was meant', async () => {
  assert.equal((await faultsBy('  clean: {', '  Clean Set: {'))[0], 'bad-name Clean Set -> clean_set')
  assert.equal((await faultsBy('  clean: {', '  1clean: {'))[0], 'bad-name 1clean -> clean')
  assert.equal((await faultsBy('  clean: {', "  '99': {"))[0], "bad-name '99'")
  assert.equal(await faultsBy('metric: retrieval.mean_recall', 'metric: recall'), ['bad-name recall'])
})

test('keys that are unknown or missing; one that is misspelt is one fault', async () => {
  assert.equal(await faultsBy('from: plausible', 'from: plausible, treshold: 0.5'), [
    'unknown-key treshold -> threshold',
  ])
  assert.equal(await faultsBy('from: plausible', 'from: plausible, colour: 1'), ['unknown-key colour'])
  assert.equal(await faultsBy('from: web', 'form: web'), ['unknown-key form -> from'])
  assert.equal(await faultsBy('{ kind: rules, from: web }', '{ kind: rules }'), ['missing-key plausible'])
  assert.equal(await faultsBy('{ kind: rules, from: web }', '{ from: web }'), ['missing-key plausible'])
  assert.equal(await faultsBy('{ kind: rules, from: web }', '{ knid: rules, from: web }'), ['unknown-key knid -> kind'])
  assert.equal(await faultsBy('name: small\n', ''), ['missing-key seed'])
  assert.equal(await faultsBy('from: web', 'from: web, from_: web'), ['unknown-key from_ -> from'])
})

test('several faults are all told, in the order of the recipe', async () => {
  const recipe = edited('seed: 3', 'seed: x')
    .replace('samples: 2k\n', 'samples: many\n')
    .replace('from: web', 'from: web, colour: 1')
  assert.equal(faultTexts(await loadTexts({ 'r.yaml': recipe })).toSorted(), [
    'bad-quantity many',
    'type-mismatch x',
    'unknown-key colour',
  ])
})

const recipeOf = async (text: string, files = {}) => onlyVariant(await loadTexts({ 'r.yaml': text, ...files })).recipe

test('a size gives the dimensions that are not written', async () => {
  const model = async (text: string) =>
    (await recipeOf(edited('kind: mammut\n', `kind: mammut\n${text}`).replace(/ {4}vision: .*\n {4}text: .*\n/, '')))
      .models.tiny
  const whole = await model('    size: tiny\n')
  const wider = await model('    size: tiny\n    vision: { width: 96 }\n    embed_dim: 24\n')
  assert.is(wider?.vision.width, 96)
  assert.is(wider?.vision.layers, whole?.vision.layers)
  assert.equal(wider?.text, whole?.text)
  assert.equal([wider?.embed_dim, wider?.image_size], [24, whole?.image_size])
  const preset = await model('')
  assert.ok(preset?.vision.layers)
})

test('an MLP as wide as a size has it belongs to the width of that size', async () => {
  const clip = (vision: string) =>
    `${edited('models:\n', `models:\n  clip: { kind: openclip, architecture: ViT-g-14, weights: w.safetensors, tokenizer: t.json${vision} }\n`).replace('model: pretrain, data', 'model: clip, data')}`
  const files = { 'w.safetensors': '', 't.json': '' }
  const towers = async (vision: string) => {
    const model = (await recipeOf(clip(vision), files)).models.clip
    return model?.vision
  }
  const [whole, layered, wider] = [
    await towers(''),
    await towers(', vision: { layers: 2 }'),
    await towers(', vision: { width: 1024, heads: 16 }'),
  ]
  assert.ok(whole && 'mlp' in whole && whole.mlp !== undefined)
  assert.equal(layered, { ...whole, layers: 2 })
  assert.is(wider && 'mlp' in wider ? wider.mlp : undefined, undefined)
})

test('paths become relative to the folder of the recipe that is loaded', async () => {
  const { sources } = await recipeOf('extends: lower/base.yaml\n', {
    'lower/base.yaml': smallRecipe,
    'lower/table.geojson': '{}',
  })
  assert.is(sources.web?.kind === 'crawl' && sources.web.table, 'lower/table.geojson')
  const set = onlyVariant(
    await loadTexts({ 'r.yaml': smallRecipe, 'other/t.geojson': '' }, ['sources.web.table=other/t.geojson']),
  ).recipe
  assert.is(set.sources.web?.kind === 'crawl' && set.sources.web.table, 'other/t.geojson')
  const absolute = await recipeOf(
    edited(
      'table: table.geojson\n    imagery: blue-marble\n    ground',
      'table: /usr/bin/env\n    imagery: blue-marble\n    ground',
    ).replace('seed: 3', 'seed: 3\npermissions: { read: [/usr/bin/env] }'),
  )
  assert.is(absolute.sources.places?.kind === 'landmarks' && absolute.sources.places.table, '/usr/bin/env')
})

test('quantities are filled in base units', async () => {
  const recipe = await recipeOf(
    edited('seed: 3', 'resources: { slot_memory: 2GiB }')
      .replace('phases:', 'checkpoint_every: 1.5h\n    shuffle: 1M\n    phases:')
      .replace('[300km, 600km]', '[1.5km, 600m]'),
  )
  assert.is(recipe.resources.slot_memory, 2 ** 31)
  assert.equal([recipe.train.pretrain?.checkpoint_every, recipe.train.pretrain?.shuffle], [5400, 1e6])
  assert.equal(recipe.sources.places?.kind === 'landmarks' && recipe.sources.places.ground_sizes, [1500, 600])
})

test.run()
