import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isMap, isSeq, parseDocument } from 'yaml'
import { compile } from '../../dsl/compile/compile.ts'
import { stageKey } from '../../dsl/compile/keys.ts'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { formatYaml } from '../../dsl/print/format.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { loadTexts, planTexts, smallRecipe, toyEnvironment } from './support.ts'

const stageOf = (plan: Plan, id: string): Stage => {
  const stage = plan.stages.find(found => found.id === id)
  assert.ok(stage, `no stage ${id} among ${plan.stages.map(found => found.id).join(', ')}`)
  return stage as Stage
}

const keys = (plan: Plan): { readonly [id: string]: string } =>
  Object.fromEntries(plan.stages.map(({ id, key }) => [id, key]))

const changedStages = (a: Plan, b: Plan): readonly string[] => {
  const before = keys(a)
  return b.stages.filter(({ id, key }) => before[id] !== key).map(({ id }) => id)
}

test('every section becomes stages, inputs before what needs them', async () => {
  const { stages } = await planTexts({ 'r.yaml': smallRecipe })
  assert.equal(
    stages.map(({ id, kind }) => `${id} ${kind}`),
    [
      'places.tiles landmarks',
      'places caption',
      'web crawl',
      'plausible rules',
      'overhead classifier',
      'clean decontaminate',
      'tiny.tokenizer tokenizer',
      'pretrain.first train',
      'pretrain.mix train',
      'localise.1.labels pseudo-label',
      'localise.1 region-train',
      'localise.2.labels pseudo-label',
      'localise.2 region-train',
      'pretrain.mix.on.places.test embed-images',
      'pretrain.mix.on.places.test.captions embed-captions',
      'retrieval retrieval',
      'water localisation',
    ],
  )
  const seen = new Set<string>()
  for (const { id, inputs } of stages) {
    for (const { stage } of Object.values(inputs)) assert.ok(seen.has(stage), `${id} comes before ${stage}`)
    seen.add(id)
  }
})

test('quantities come in base units and defaults are filled in', async () => {
  const plan = await planTexts({ 'r.yaml': smallRecipe })
  const { params } = stageOf(plan, 'places.tiles')
  assert.equal(params.ground_sizes, [300_000, 600_000])
  assert.equal(params.split, { val: 0.05, test: 0.15, buffer: 0, hold_out_kinds: [] })
  assert.is(params.cities_above, null)
  assert.is(stageOf(plan, 'web').params.samples, 2000)
  assert.is(stageOf(plan, 'pretrain.mix').params.seed, 3)
})

test('training reads the train split of what has splits, and phases start from the one before', async () => {
  const plan = await planTexts({ 'r.yaml': smallRecipe })
  const { inputs, params } = stageOf(plan, 'pretrain.mix')
  assert.equal(inputs, {
    tokenizer: { stage: 'tiny.tokenizer' },
    init: { stage: 'pretrain.first' },
    'data.0': { stage: 'clean' },
    'data.1': { stage: 'places', split: 'train' },
  })
  assert.equal(params.data, [
    { role: 'data.0', weight: 0.25 },
    { role: 'data.1', weight: 0.75 },
  ])
  assert.is(stageOf(plan, 'pretrain.first').inputs.init, undefined)
})

test('a dataset of weight 0 is no part of a mix, so that a parameter can leave it out', async () => {
  const without = smallRecipe.replace('places: 3', 'places: 0')
  assert.is.not(without, smallRecipe)
  const { inputs, params } = stageOf(await planTexts({ 'r.yaml': without }), 'pretrain.mix')
  assert.equal(params.data, [{ role: 'data.0', weight: 1 }])
  assert.is(inputs['data.1'], undefined)
})

test('names of a model mean its last phase or round', async () => {
  const plan = await planTexts({ 'r.yaml': smallRecipe })
  assert.is(stageOf(plan, 'pretrain.mix.on.places.test').inputs.model?.stage, 'pretrain.mix')
  assert.is(stageOf(plan, 'water').inputs.model?.stage, 'localise.2')
  assert.equal(stageOf(plan, 'water').inputs.reference, { stage: 'places', split: 'train' })
})

test('files of packages carry their version, own files their place beside the recipe', async () => {
  const plan = await planTexts({
    'sub/r.yaml': `permissions: { read: [../table.geojson] }\n${smallRecipe.replaceAll('table.geojson', '../table.geojson')}`,
  })
  assert.equal(
    stageOf(plan, 'places.tiles').externals.map(({ name }) => name),
    [
      '../table.geojson',
      'three-globe@1.2.3/example/img/earth-blue-marble.jpg',
      'three-globe@1.2.3/example/img/earth-water.png',
      'three-globe@1.2.3/example/img/earth-topology.png',
      'world-atlas@1.2.3/countries-50m.json',
    ],
  )
})

test('a change makes new keys for what depends on it and for nothing else', async () => {
  const plan = await planTexts({ 'r.yaml': smallRecipe })
  const threshold = await planTexts({
    'r.yaml': smallRecipe.replace('from: plausible', 'from: plausible, threshold: 0.6'),
  })
  assert.equal(changedStages(plan, threshold), [
    'overhead',
    'clean',
    'tiny.tokenizer',
    'pretrain.first',
    'pretrain.mix',
    'localise.1.labels',
    'localise.1',
    'localise.2.labels',
    'localise.2',
    'pretrain.mix.on.places.test',
    'pretrain.mix.on.places.test.captions',
    'retrieval',
    'water',
  ])
  const captions = await planTexts({
    'r.yaml': smallRecipe.replace('{ kind: grammar }', '{ kind: grammar, per_image: 2 }'),
  })
  assert.not.ok(changedStages(plan, captions).includes('places.tiles'))
  const claim = await planTexts({ 'r.yaml': smallRecipe.replace('at_least: 5', 'at_least: 6') })
  assert.equal(changedStages(plan, claim), [])
})

test('how training is computed changes no key, and is told to the stages that train', async () => {
  const settings = ['slots=2', 'micro_batch=4', 'recompute=true', 'checkpoint_every=30s', 'keep_checkpoints=5']
  const [plain, split] = await Promise.all([
    planTexts({ 'r.yaml': smallRecipe }),
    planTexts(
      { 'r.yaml': smallRecipe },
      settings.map(setting => `train.pretrain.${setting}`),
    ),
  ])
  assert.equal(changedStages(plain, split), [])
  const stage = split.stages.find(({ id }) => id === 'pretrain.mix')
  const { slots, micro_batch, recompute, checkpoint_every, keep_checkpoints } = stage?.settings ?? {}
  assert.equal([slots, micro_batch, recompute, checkpoint_every, keep_checkpoints], [2, 4, true, 30, 5])
})

test('pinned threads reach the stages that hold a slot or read embeddings, and change no key', async () => {
  const [free, pinned] = await Promise.all([
    planTexts({ 'r.yaml': smallRecipe }),
    planTexts({ 'r.yaml': smallRecipe }, ['resources.threads=3']),
  ])
  assert.equal(changedStages(free, pinned), [])
  const computes = ({ id, needs }: Stage) => needs.slots > 0 || id === 'retrieval'
  const holding = pinned.stages.filter(computes)
  assert.ok(holding.length > 5 && holding.length < pinned.stages.length)
  assert.ok(holding.every(({ settings, needs }) => settings.threads === 3 && needs.cores === 3))
  const others = pinned.stages.filter(stage => !computes(stage))
  assert.ok(others.every(({ settings, needs }) => settings.threads === undefined && needs.cores === undefined))
  assert.ok(free.stages.every(({ settings }) => settings.threads === undefined))
})

test('a new version of a kind, or of a file, makes new keys', async () => {
  const loaded = await loadTexts({ 'r.yaml': smallRecipe })
  const plan = compile(loaded, toyEnvironment)
  const keys = new Map(plan.stages.map(({ id, key }) => [id, key]))
  const keyOf = (id: string): string => keys.get(id) ?? ''
  for (const stage of plan.stages) {
    assert.is(stageKey(stage, keyOf), stage.key, stage.id)
    assert.is.not(stageKey({ ...stage, version: stage.version + 1 }, keyOf), stage.key, stage.id)
  }
  const otherTable = compile(loaded, { ...toyEnvironment, digest: path => `other ${path}` })
  assert.is(changedStages(plan, otherTable).length, plan.stages.length)
})

test('what is written as a default or as another spelling makes the same keys', async () => {
  const plan = await planTexts({ 'r.yaml': smallRecipe })
  const spelled = smallRecipe
    .replace('samples: 2k', 'samples: 2000\n    overhead: 0.5')
    .replace('[300km, 600km]', '[300000m, 0.6km]'.replace('0.6km', '600km'))
    .replace('{ places: 3, clean: 1 }', '{ places: 0.75, clean: 0.25 }')
  assert.equal(changedStages(plan, await planTexts({ 'r.yaml': spelled })), [])
})

test('order of keys, comments and layout change no key', async () => {
  const plan = await planTexts({ 'r.yaml': smallRecipe })
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat(1000)), async numbers => {
      const shuffled = shuffledYaml(smallRecipe, () => Number(numbers.next().value))
      assert.equal(sortedKeys(await planTexts({ 'r.yaml': shuffled })), sortedKeys(plan))
      const laidOut = formatYaml(shuffled)
      assert.is(formatYaml(laidOut), laidOut)
      assert.equal(sortedKeys(await planTexts({ 'r.yaml': laidOut })), sortedKeys(plan))
      for (const comment of shuffled.matchAll(/# [0-9]+/g))
        assert.ok(laidOut.includes(comment[0]), `lost ${comment[0]}`)
    }),
    { seed: 4, numRuns: 25, includeErrorInReport: true } as const,
  )
})

const sortedKeys = (plan: Plan) => Object.entries(keys(plan)).sort()

/** The same recipe with keys in another order, comments, and some mappings in braces. */
function shuffledYaml(text: string, random: () => number): string {
  const document = parseDocument(text)
  const shuffle = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) shuffle(item)
    if (!isMap(node)) return
    node.items.sort(() => random() - 500)
    node.flow = node !== document.contents && node.flow === true && random() > 500
    for (const { key, value } of node.items) {
      if (random() > 800 && typeof key === 'object' && key !== null)
        Object.assign(key, { commentBefore: ` ${random()}` })
      shuffle(value)
    }
  }
  shuffle(document.contents)
  return document.toString()
}

test('a matrix shares what its axes do not reach, and names the rest after them', async () => {
  const recipe = smallRecipe
    .replace(
      'seed: 3',
      'seed: 3\nparams: { rate: 0.001, threshold: 0.5 }\nmatrix: { rate: [0.001, 0.002], threshold: [0.4, 0.5] }',
    )
    .replace('learning_rate: 0.001 }', `learning_rate: '\${params.rate}' }`)
    .replace('from: plausible', `from: plausible, threshold: '\${params.threshold}'`)
  const { stages, claims } = await planTexts({ 'r.yaml': recipe })
  const ids = stages.map(({ id }) => id)
  assert.is(new Set(ids).size, ids.length)
  assert.equal(
    ids.filter(id => id.startsWith('web') || id.startsWith('places')),
    ['places.tiles', 'places', 'web'],
  )
  assert.equal(
    ids.filter(id => id.startsWith('clean')),
    ['clean@threshold=0.4', 'clean@threshold=0.5'],
  )
  assert.is(ids.filter(id => id.startsWith('retrieval@rate=')).length, 4)
  assert.equal(
    claims.map(({ name }) => name),
    [
      'learns@rate=0.001,threshold=0.4',
      'learns@rate=0.001,threshold=0.5',
      'learns@rate=0.002,threshold=0.4',
      'learns@rate=0.002,threshold=0.5',
    ],
  )
  for (const { stage } of claims) assert.ok(ids.includes(stage))
})

test('a recipe that extends another compiles as the merged text does', async () => {
  const patch =
    'extends: base.yaml\nname: other\nfilters:\n  overhead: { threshold: 0.7 }\ndistill: null\nevaluate: { water: null }\n'
  const merged = smallRecipe
    .replace('name: small', 'name: other')
    .replace('from: plausible', 'from: plausible, threshold: 0.7')
    .replace(/distill:[\s\S]*?evaluate:/, 'evaluate:')
    .replace(/ {2}water:\n {4}kind: localisation[\s\S]*?claims:/, 'claims:')
  const extended = await planTexts({ 'r.yaml': patch, 'base.yaml': smallRecipe })
  assert.is(
    canonical(extended.stages.map(({ key }) => key)),
    canonical((await planTexts({ 'r.yaml': merged })).stages.map(({ key }) => key)),
  )
})

test('--set changes a value as the text would', async () => {
  const set = await planTexts({ 'r.yaml': smallRecipe }, [
    'filters.overhead.threshold=0.6',
    'train.pretrain.phases.mix.samples=3k',
  ])
  const text = smallRecipe
    .replace('from: plausible', 'from: plausible, threshold: 0.6')
    .replace('samples: 2k, learning', 'samples: 3k, learning')
  assert.equal(keys(set), keys(await planTexts({ 'r.yaml': text })))
})

test('the canonical form sorts keys and refuses what JSON cannot say', () => {
  assert.is(
    canonical({ b: [1, { d: null, c: 'x' }], a: true, gone: undefined }),
    '{"a":true,"b":[1,{"c":"x","d":null}]}',
  )
  assert.throws(() => canonical(Number.NaN))
})

test.run()
