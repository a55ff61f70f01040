/** Joined datasets: their splits, and the checks that follow all sources behind them. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { originsOf, splitsOf } from '../../../dsl/check/datasets.ts'
import { faultTexts, loadTexts, onlyVariant, planTexts } from '../support.ts'

const recipe = (filters: string, rest = '') => `
name: u
sources:
  yes: { kind: webdataset, shards: yes.tar, overhead: true, split: { test: 0.5 } }
  no: { kind: webdataset, shards: no.tar, overhead: false }
  found: { kind: folder, path: found, split: { test: 0 } }
  places: { kind: landmarks, table: t.geojson, imagery: blue-marble, ground_sizes: [300km], captions: { kind: grammar } }
  web: { kind: crawl, imagery: blue-marble, samples: 2k, table: t.geojson }
filters:
${filters}
${rest}`

const files = { 'yes.tar': '', 'no.tar': '', 't.geojson': '', 'found/a/1.jpg': '' }

const load = (filters: string, rest?: string) => loadTexts({ 'r.yaml': recipe(filters, rest), ...files })
const faultsOf = async (filters: string, rest?: string) =>
  faultTexts(await load(filters, rest)).filter(text => !text.startsWith('unused-entry'))

const model = `models:
  tiny:
    kind: mammut
    image_size: 80
    vision: { width: 32, layers: 2, heads: 2 }
    text: { width: 32, layers: 2, heads: 2 }
    tokenizer: { kind: bpe, from: [all] }
train:
  first: { model: tiny, phases: [{ name: a, data: all, samples: 1k, learning_rate: 0.001 }] }
evaluate:
  e: { kind: retrieval, model: first, data: places.test }
`

test('a union has the splits of all its datasets; those without splits belong to train', async () => {
  const { recipe } = onlyVariant(
    await load(`  all: { kind: union, from: [yes, no, places.val] }
  tests: { kind: union, from: [yes.test, places.test] }
  sifted: { kind: dedup, from: web }
  plain: { kind: union, from: [web, sifted] }
  half: { kind: union, from: [yes.test, web] }
  more: { kind: dedup, from: all }`),
  )
  const splits = ['all', 'tests', 'plain', 'half', 'more'].map(name => splitsOf(recipe, name))
  assert.equal(splits, [['train', 'val', 'test'], ['test'], [], ['train', 'test'], ['train', 'val', 'test']])
  assert.equal(originsOf(recipe, 'all'), [{ source: 'yes' }, { source: 'no' }, { source: 'places', split: 'val' }])
  assert.equal(originsOf(recipe, 'more.train'), [
    { source: 'yes', split: 'train' },
    { source: 'no', split: 'train' },
  ])
  assert.equal(originsOf(recipe, 'half.train'), [{ source: 'web' }])
  assert.equal(originsOf(recipe, 'half.test'), [{ source: 'yes', split: 'test' }])
  assert.equal(originsOf(recipe, 'tests.test').length, 2)
})

test('one source with human labels is enough for a classifier', async () => {
  const labelled = (from: string) => `  all: { kind: union, from: [${from}] }\n  c: { kind: classifier, from: all }`
  assert.equal(await faultsOf(labelled('yes, no, found')), [])
  assert.equal(await faultsOf(labelled('places, found')), ['missing-annotation all'])
  const { diagnostics } = await load(labelled('places, found'))
  const [fault] = diagnostics.filter(({ code }) => code === 'missing-annotation')
  assert.match(String(fault?.fix?.hint), /^write 'overhead: true' or 'overhead: false' in a source to label all of it/)
})

test('leaks, crawled images and cycles are found behind a union', async () => {
  const joined = '  all: { kind: union, from: [yes, places] }'
  const measure = (data: string) => model.replace('data: places.test', `data: ${data}`)
  assert.equal(await faultsOf(joined, measure('places.test')), [])
  assert.equal(await faultsOf(joined, measure('all.test')), [])
  assert.equal(await faultsOf(joined, measure('places.train')), ['leaking-split places.train -> places.test'])
  assert.equal(await faultsOf(joined, measure('all.train')), ['leaking-split all.train -> all.test'])
  // Held-out samples keep their split in the union, and training does not read them.
  assert.equal(await faultsOf('  all: { kind: union, from: [yes, places.test] }', measure('places.test')), [])
  const crawl = '  all: { kind: union, from: [yes, web] }'
  assert.equal(await faultsOf(crawl, model), ['not-decontaminated all'])
  const other = '  clean: { kind: decontaminate, from: yes, against: [places.test] }\n'
  assert.equal(await faultsOf(`${other}  all: { kind: union, from: [clean, web] }`, model), ['not-decontaminated all'])
  const both = '  clean: { kind: decontaminate, from: web, against: [places.test] }\n'
  assert.equal(await faultsOf(`${both}  all: { kind: union, from: [clean, yes] }`, model), [])
  assert.equal(await faultsOf('  all: { kind: union, from: [yes, more] }\n  more: { kind: dedup, from: all }'), [
    'dependency-cycle more',
  ])
  assert.equal(await faultsOf('  all: { kind: union, from: [yes, yes] }'), ['out-of-range yes'])
  assert.equal(await faultsOf('  all: { kind: union, from: [yes] }'), ['out-of-range [yes]'])
  assert.equal(await faultsOf('  all: { kind: union, from: [yes, nope] }'), ['unknown-reference nope'])
})

test("a label of a source is a parameter of it only where it is given, and a union's names are part of its key", async () => {
  const plan = await planTexts({ 'r.yaml': recipe('  all: { kind: union, from: [yes.test, no, found] }'), ...files })
  const stage = (id: string) => plan.stages.find(stage => stage.id === id)
  assert.is(stage('yes')?.params.overhead, true)
  assert.is(stage('no')?.params.overhead, false)
  assert.not.ok('overhead' in (stage('found')?.params ?? {}))
  assert.equal(stage('all')?.params, { names: ['yes', 'no', 'found'] })
  assert.equal(stage('all')?.inputs, {
    'data.0': { stage: 'yes', split: 'test' },
    'data.1': { stage: 'no' },
    'data.2': { stage: 'found' },
  })
})

test.run()
