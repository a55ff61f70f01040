import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compile, outline } from '../../../dsl/compile/compile.ts'
import { foldParts, withoutParts } from '../../../dsl/compile/fold_parts.ts'
import { sha256 } from '../../../dsl/compile/keys.ts'
import type { Plan, Stage } from '../../../dsl/compile/plan.ts'
import { edited, loadTexts, planTexts, smallRecipe, toyEnvironment } from '../support.ts'

function stageOf({ stages }: Plan, id: string): Stage {
  const found = stages.find(stage => stage.id === id)
  if (found === undefined) throw new Error(`There is no stage '${id}' among ${stages.map(stage => stage.id)}`)
  return found
}

const planOf = (recipe: string, sets: readonly string[] = []): Promise<Plan> => planTexts({ 'r.yaml': recipe }, sets)

test('stages follow their inputs, else the order of the recipe', async () => {
  const turned = edited('filters:\n', 'filters:\n  again: { kind: dedup, from: clean }\n').replace(
    'distill:\n',
    `distill:
  more: { model: localise, data: places, queries: { water: { prompts: [w], against: [l] } }, samples: 1k, learning_rate: 0.1, rounds: 1 }
`,
  )
  const ids = (await planOf(turned)).stages.map(({ id }) => id)
  assert.equal(ids.slice(3, 7), ['plausible', 'overhead', 'clean', 'again'])
  assert.equal(
    ids.filter(id => /^(more|localise)/.test(id)),
    ['localise.1.labels', 'localise.1', 'localise.2.labels', 'localise.2', 'more.1.labels', 'more.1'],
  )
})

test('a model is named by its last phase or round, or by the one that is named', async () => {
  const recipe = edited(
    'evaluate:\n',
    `evaluate:
  early: { kind: retrieval, model: pretrain.first, data: places.val }
  middle: { kind: retrieval, model: localise.1, data: places.val }
`,
  )
  const plan = await planOf(recipe)
  const inputs = (id: string) => stageOf(plan, id).inputs
  for (const [id, model, split] of [
    ['early', 'pretrain.first', 'val'],
    ['middle', 'localise.1', 'val'],
    ['retrieval', 'pretrain.mix', 'test'],
  ] as const) {
    const [images, captions] = [`${model}.on.places.${split}`, `${model}.on.places.${split}.captions`]
    const data = { stage: 'places', split }
    assert.equal(inputs(id), { data, images: { stage: images }, captions: { stage: captions } })
    assert.equal([inputs(images), inputs(captions)], Array(2).fill({ model: { stage: model }, data }))
  }
})

test('the mean mask is made from the training split of what is measured, where it has another', async () => {
  const measured = 'kind: localisation\n    model: localise\n    data: places.test'
  const reference = async (data: string) => {
    const plan = await planOf(edited(measured, `kind: localisation\n    model: pretrain.first\n    data: ${data}`))
    return stageOf(plan, 'water').inputs.reference
  }
  assert.equal(await reference('places.test'), { stage: 'places', split: 'train' })
  assert.equal(await reference('places.val'), { stage: 'places', split: 'train' })
  assert.is(await reference('places'), undefined)
})

test('files outside the project are permissions, those beside the recipe are none', async () => {
  const loaded = await loadTexts({
    'sub/r.yaml': `permissions: { read: [../table.geojson] }\n${smallRecipe.replace('table.geojson', '../table.geojson')}`,
    'sub/table.geojson': '{}',
  })
  const plan = compile(loaded, toyEnvironment)
  const path = join(loaded.folder, '../table.geojson')
  const tiles = stageOf(plan, 'places.tiles')
  assert.equal(tiles.permissions, { net: [], env: [], run: [], read: [path] })
  assert.equal(tiles.externals[0], { role: 'table', name: '../table.geojson', path, sha256: sha256('table.geojson') })
  assert.is(tiles.files.table, path)
  assert.is(stageOf(plan, 'web').permissions, undefined)
})

test('files of packages carry the version after the name of the package', async () => {
  const { externals, files } = stageOf(await planOf(smallRecipe), 'places.tiles')
  const water = externals.find(({ name }) => name.endsWith('earth-water.png'))
  const path = '/packages/three-globe/example/img/earth-water.png'
  assert.equal(water, {
    role: 'water',
    name: 'three-globe@1.2.3/example/img/earth-water.png',
    isOfPackage: true,
    path,
    sha256: sha256('earth-water.png'),
  })
  assert.is(files.water, path)
})

test('a file that is missing stops the compiler', async () => {
  const loaded = await loadTexts({ 'r.yaml': smallRecipe })
  const without = (end: string) => ({
    ...toyEnvironment,
    digest: (path: string) => (path.endsWith(end) ? undefined : toyEnvironment.digest(path)),
  })
  assert.throws(() => outline(loaded, without('water.png')), /three-globe.*water\.png/)
  assert.throws(() => outline(loaded, without('table.geojson')), /'table\.geojson'/)
  assert.throws(() => compile({ ...loaded, variants: [] }, toyEnvironment), /errors/)
})

test('each file is digested once', async () => {
  const asked: string[] = []
  const digest = (path: string) => {
    asked.push(path)
    return toyEnvironment.digest(path)
  }
  const recipe = edited('seed: 3', "seed: '${params.seed}'\nparams: { seed: 3 }\nmatrix: { seed: [3, 4] }")
  compile(await loadTexts({ 'r.yaml': recipe }), { ...toyEnvironment, digest })
  assert.is(new Set(asked).size, asked.length)
})

test('stages of a model have costs, and ask for at least the memory of these', async () => {
  const small = stageOf(await planOf(smallRecipe), 'pretrain.mix')
  const large = stageOf(await planOf(smallRecipe, ['train.pretrain.batch_size=1000']), 'pretrain.mix')
  assert.ok((small.estimates?.memory.total ?? 0) < small.needs.memory)
  assert.is(large.estimates?.memory.total, large.needs.memory)
  assert.ok(large.needs.memory > small.needs.memory)
  assert.is(stageOf(await planOf(smallRecipe), 'clean').estimates, undefined)
})

test('threads are pinned where a stage computes', async () => {
  const plan = await planOf(smallRecipe, ['resources.threads=3'])
  const [model, data] = [stageOf(plan, 'retrieval'), stageOf(plan, 'clean')]
  assert.equal([model.settings.threads, model.needs.cores], [3, 3])
  assert.equal([data.settings.threads, data.needs.cores], [undefined, undefined])
  const free = await planOf(smallRecipe)
  assert.equal([stageOf(free, 'retrieval').settings.threads, stageOf(free, 'retrieval').needs.cores], [undefined, 1])
})

test('evaluations of one model and dataset share its embeddings, each made once', async () => {
  const evaluations = `evaluate:
  found: { kind: retrieval, model: pretrain, data: places.test }
  cleaned: { kind: retrieval, model: pretrain, data: places.test, cleaning: clip }
  kinds: { kind: classification, model: pretrain, data: places.test, templates: ['a {}'] }
  last: { kind: classification, model: pretrain, data: places.test, templates: ['a {}'], weights: last }
  probe: { kind: linear-probe, model: pretrain, train: places, data: places.test }
`
  const plan = await planOf(smallRecipe.replace(/evaluate:[\s\S]*/, evaluations))
  const embedded = plan.stages.filter(({ kind }) => kind.startsWith('embed-'))
  assert.equal(
    embedded.map(({ id, needs }) => `${id} ${needs.slots}`),
    [
      'pretrain.mix.on.places.test 1',
      'pretrain.mix.on.places.test.captions 1',
      'pretrain.mix.on.places.test.captions.clip 1',
      'pretrain.mix.last.on.places.test 1',
      'pretrain.mix.on.places.train 1',
    ],
  )
  assert.ok(embedded.every(({ estimates }) => (estimates?.stepFlops ?? 0) > 0))
  assert.is(new Set(embedded.map(({ key }) => key)).size, 5)
  assert.equal(
    ['found', 'cleaned', 'kinds', 'last', 'probe'].map(id => [
      stageOf(plan, id).needs.slots,
      stageOf(plan, id).inputs.images?.stage,
    ]),
    [
      [0, 'pretrain.mix.on.places.test'],
      [0, 'pretrain.mix.on.places.test'],
      [1, 'pretrain.mix.on.places.test'],
      [1, 'pretrain.mix.last.on.places.test'],
      [0, 'pretrain.mix.on.places.test'],
    ],
  )
  const alone = await planOf(smallRecipe)
  const name = 'pretrain.mix.on.places.test'
  assert.is(stageOf(plan, name).key, stageOf(alone, name).key, 'other evaluations change no key')
})

test('claims come with their bounds', async () => {
  const claimed = async (bounds: string) =>
    (await planOf(edited('metric: retrieval.mean_recall, at_least: 5', `metric: retrieval.mean_recall, ${bounds}`)))
      .claims
  const claim = { name: 'learns', stage: 'retrieval', metric: 'mean_recall', tolerance: 0, origin: 'a guess' }
  assert.equal(await claimed('at_least: 5'), [{ ...claim, atLeast: 5 }])
  assert.equal(await claimed('at_most: 5'), [{ ...claim, atMost: 5 }])
  assert.equal(await claimed('expect: 5, tolerance: 2'), [{ ...claim, expect: 5, tolerance: 2 }])
  assert.equal(await claimed('over: water.mean_iou, at_least: 0'), [
    { ...claim, over: { stage: 'water', metric: 'mean_iou' }, atLeast: 0 },
  ])
})

test('variants with other data have stages of their own, those with the same share them', async () => {
  const counts = async (old: string, now: string) => {
    const { stages } = await planOf(`${edited(old, now)}params: { size: 2k }\nmatrix: { size: [1k, 3k] }\n`)
    return ['web', 'clean', 'tiny.tokenizer', 'places'].map(
      id => stages.filter(stage => stage.id.split('@')[0] === id).length,
    )
  }
  assert.equal(await counts('samples: 2k', "samples: '${params.size}'"), [2, 2, 2, 1])
  assert.equal(await counts('samples: 2k, learning', "samples: '${params.size}', learning"), [1, 1, 1, 1])
})

const parted = edited('sources:\n', 'sources:\n  photos: { kind: folder, path: photos, parts: 3, max_corrupt: 2 }\n')
  .replace('from: web', 'from: photos')
  .replace('kind: classifier', 'kind: dedup')
const partedPlan = () => planTexts({ 'r.yaml': parted, 'photos/a.jpg': '' })

test('bands and scale are parameters of a source only where a recipe gives them', async () => {
  const paramsOf = async (more: string) =>
    stageOf(
      await planTexts({
        'r.yaml': parted.replace('parts: 3, max_corrupt: 2', `split: { test: 0.5 }${more}`),
        'photos/a.jpg': '',
      }),
      'photos',
    ).params
  const without = await paramsOf('')
  assert.not.ok('bands' in without || 'scale' in without)
  assert.equal(await paramsOf(', bands: [4, 3, 2], scale: [0, 3000]'), {
    ...without,
    bands: [4, 3, 2],
    scale: [0, 3000],
  })
})

test('a source in parts is as many stages and one that joins them', async () => {
  const plan = await partedPlan()
  const parts = [0, 1, 2].map(index => stageOf(plan, `photos.${index}`))
  assert.equal(
    parts.map(({ params, part }) => [params.part, part?.of, part?.index, part?.count]),
    [0, 1, 2].map(index => [{ index, of: 3 }, 'photos', index, 3]),
  )
  assert.is(new Set(parts.map(({ key }) => key)).size, 3)
  assert.is(new Set(parts.map(({ part }) => part?.family)).size, 1)
  const { kind, inputs, params, part } = stageOf(plan, 'photos')
  assert.equal([kind, params, part], ['join', { max_corrupt: 2 }, undefined])
  assert.equal(inputs, {
    'part.0': { stage: 'photos.0' },
    'part.1': { stage: 'photos.1' },
    'part.2': { stage: 'photos.2' },
  })
})

test('people see a source in parts as one stage', async () => {
  const plan = await partedPlan()
  const folded = foldParts(plan.stages)
  assert.equal(
    folded.flatMap(({ stage, parts }) => (parts.length > 0 ? [[stage.id, parts.map(({ id }) => id)]] : [])),
    [['photos', ['photos.0', 'photos.1', 'photos.2']]],
  )
  assert.is(folded.length, plan.stages.length - 3)
  const shown = stageOf(withoutParts(plan), 'photos')
  assert.equal([shown.kind, shown.inputs], ['folder', {}])
  assert.equal(
    shown.externals.map(({ name }) => name),
    ['photos'],
  )
  const lone = foldParts(plan.stages.filter(({ id }) => id === 'photos.1'))
  assert.equal(
    lone.map(({ stage, parts }) => [stage.id, parts.length]),
    [['photos.1', 0]],
  )
})

test('one part is the source itself', async () => {
  const keys = async (recipe: string) =>
    stageOf(await planTexts({ 'r.yaml': recipe, 'photos/a.jpg': '' }), 'photos').key
  assert.is(await keys(parted.replace('parts: 3', 'parts: 1')), await keys(parted.replace('parts: 3, ', '')))
})

test.run()
