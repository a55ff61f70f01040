import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compile } from '../../../dsl/compile/compile.ts'
import { cellLabel, expandMatrix } from '../../../dsl/compile/matrix.ts'
import { declaredParameters } from '../../../dsl/compile/parameters.ts'
import { readYaml } from '../../../dsl/read/yaml.ts'
import { edited, faultTexts, loadTexts, planTexts, sourceOf, toyEnvironment } from '../support.ts'

const withParams = edited('seed: 3', 'params: { size: 2k, rate: 0.001 }').replace(
  'samples: 2k, learning_rate: 0.001',
  "samples: '${params.size}', learning_rate: '${params.rate}'",
)

const load = (matrix: string) => loadTexts({ 'r.yaml': `${withParams}matrix: ${matrix}\n` })
const labels = async (matrix: string) => (await load(matrix)).variants.map(({ cell }) => cellLabel(cell))
const faults = async (matrix: string) => faultTexts(await load(matrix))

test('every combination is a variant, the last axis first', async () => {
  assert.equal(await labels('{ size: [1k, 2k], rate: [0.1, 0.2] }'), [
    'size=1k,rate=0.1',
    'size=1k,rate=0.2',
    'size=2k,rate=0.1',
    'size=2k,rate=0.2',
  ])
  const { variants } = await load('{ size: [1k, 3k] }')
  assert.equal(
    variants.map(({ recipe }) => recipe.train.pretrain?.phases[1]?.samples),
    [1000, 3000],
  )
})

test('a label may leave axes out', async () => {
  const { variants } = await load('{ size: [1k], rate: [0.1] }')
  assert.equal(
    variants.map(({ cell }) => cellLabel(cell, axis => axis === 'rate')),
    ['rate=0.1'],
  )
})

test('an axis must be a parameter', async () => {
  assert.equal(await faults('{ sice: [1k, 2k] }'), ['unknown-parameter sice -> size'])
})

/** The cells of a matrix of two axes of so many values each, or the codes of its faults. */
function cellsOf(sizes: number, rates: number): number | readonly string[] {
  const list = (count: number) => `[${Array.from({ length: count }, (_, index) => index).join(', ')}]`
  const { value } = readYaml(sourceOf(`params: { s: 1, r: 1 }\nmatrix: { s: ${list(sizes)}, r: ${list(rates)} }\n`))
  if (value?.kind !== 'map') throw new Error('This is no mapping')
  const { cells, diagnostics } = expandMatrix(value, declaredParameters(value))
  return diagnostics.length === 0 ? cells.length : faultTexts({ diagnostics })
}

test('a matrix has at most 10,000 cells', () => {
  assert.is(cellsOf(100, 100), 10_000)
  assert.equal(cellsOf(100, 101), ['matrix-too-large r'])
  assert.equal(cellsOf(10_001, 1), ['matrix-too-large s'])
})

test('an axis without values has no part', () => {
  assert.is(cellsOf(2, 0), 2)
})

test('stages are named after the axes that their keys depend on', async () => {
  const { stages, claims } = await planTexts({
    'r.yaml': `${withParams}matrix: { size: [1k, 2k], rate: [0.1, 0.2] }\n`.replace(
      'learning_rate: 0.001 }',
      "learning_rate: '${params.rate}' }",
    ),
  })
  const ids = stages.map(({ id }) => id)
  assert.equal(
    ids.filter(id => id.startsWith('pretrain')),
    [
      'pretrain.first@rate=0.1',
      'pretrain.mix@size=1k,rate=0.1',
      'pretrain.mix.on.places.test@size=1k,rate=0.1',
      'pretrain.mix.on.places.test.captions@size=1k,rate=0.1',
      'pretrain.first@rate=0.2',
      'pretrain.mix@size=1k,rate=0.2',
      'pretrain.mix.on.places.test@size=1k,rate=0.2',
      'pretrain.mix.on.places.test.captions@size=1k,rate=0.2',
      'pretrain.mix@size=2k,rate=0.1',
      'pretrain.mix.on.places.test@size=2k,rate=0.1',
      'pretrain.mix.on.places.test.captions@size=2k,rate=0.1',
      'pretrain.mix@size=2k,rate=0.2',
      'pretrain.mix.on.places.test@size=2k,rate=0.2',
      'pretrain.mix.on.places.test.captions@size=2k,rate=0.2',
    ],
  )
  const mix = stages.find(({ id }) => id === 'pretrain.mix@size=2k,rate=0.1')
  assert.equal(mix?.inputs.init, { stage: 'pretrain.first@rate=0.1' })
  assert.equal(mix?.inputs['data.0'], { stage: 'clean' })
  assert.equal(
    claims.map(({ name, stage }) => `${name} ${stage}`),
    ['size=1k,rate=0.1', 'size=1k,rate=0.2', 'size=2k,rate=0.1', 'size=2k,rate=0.2'].map(
      cell => `learns@${cell} retrieval@${cell}`,
    ),
  )
})

test('a claim over another stage is named after both', async () => {
  const recipe = withParams
    .replace('evaluate:\n', 'evaluate:\n  early: { kind: retrieval, model: pretrain.first, data: places.test }\n')
    .replace('metric: retrieval.mean_recall', 'metric: early.mean_recall, over: retrieval.mean_recall')
  const claimsOf = async (matrix: string) =>
    (await planTexts({ 'r.yaml': `${recipe}matrix: ${matrix}\n` })).claims.map(
      ({ name, stage, over }) => `${name}: ${stage} ${over?.stage}`,
    )
  assert.equal(await claimsOf('{ size: [1k, 3k] }'), [
    'learns@size=1k: early retrieval@size=1k',
    'learns@size=3k: early retrieval@size=3k',
  ])
  assert.equal(await claimsOf('{ size: [1k] }'), ['learns: early retrieval'])
})

test('what no axis reaches is one stage and one claim', async () => {
  const { stages, claims } = await planTexts({
    'r.yaml': `${edited('seed: 3', 'params: { rate: 0.1 }').replace(
      'learning_rate: 0.001\nevaluate',
      "learning_rate: '${params.rate}'\nevaluate",
    )}matrix: { rate: [0.1, 0.2] }\n`,
  })
  assert.equal(
    claims.map(({ name, stage }) => [name, stage]),
    [['learns', 'retrieval']],
  )
  assert.equal(
    stages.filter(({ id }) => id.startsWith('localise.1')).map(({ id }) => id),
    ['localise.1.labels', 'localise.1@rate=0.1', 'localise.1@rate=0.2'],
  )
})

test('parts of a source keep the name of what they are parts of', async () => {
  const recipe = withParams
    .replace(
      'sources:\n',
      "sources:\n  photos: { kind: folder, path: photos, parts: 2, max_corrupt: '${params.corrupt}' }\n",
    )
    .replace('size: 2k,', 'size: 2k, corrupt: 1,')
    .replace('from: web', 'from: photos')
    .replace('kind: classifier', 'kind: dedup')
  const loaded = await loadTexts({ 'r.yaml': `${recipe}matrix: { corrupt: [1, 2] }\n`, 'photos/a.jpg': '' })
  const { stages } = compile(loaded, toyEnvironment)
  assert.equal(
    stages.filter(({ id }) => id.startsWith('photos')).map(({ id, part }) => `${id} ${part?.of} ${part?.index}`),
    [1, 2].flatMap(corrupt => [
      `photos.0@corrupt=${corrupt} photos@corrupt=${corrupt} 0`,
      `photos.1@corrupt=${corrupt} photos@corrupt=${corrupt} 1`,
      `photos@corrupt=${corrupt} undefined undefined`,
    ]),
  )
})

test.run()
