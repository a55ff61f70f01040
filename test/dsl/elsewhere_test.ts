import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { rerunsSince } from '../../dsl/compile/changes.ts'
import { compile, outline } from '../../dsl/compile/compile.ts'
import type { Environment } from '../../dsl/compile/environment.ts'
import { lockOf, recordOf } from '../../dsl/compile/lock.ts'
import { lockFaults } from '../../dsl/compile/lock_check.ts'
import type { Outline } from '../../dsl/compile/plan.ts'
import { loadTexts, smallRecipe, toyEnvironment } from './support.ts'

const elsewhere = smallRecipe
  .replace('sources:', 'resources: { elsewhere: true }\nsources:\n  photos: { kind: folder, path: photos }')
  .replace('from: web', 'from: photos')
  .replace('kind: classifier', 'kind: dedup')
const withoutPhotos: Environment = {
  ...toyEnvironment,
  digest: path => (path.endsWith('/photos') ? undefined : toyEnvironment.digest(path)),
}

test('where data lies elsewhere, just the stages that need it have no key', async () => {
  const loaded = await loadTexts({ 'r.yaml': elsewhere })
  const here = compile(loaded, toyEnvironment)
  const there = outline(loaded, withoutPhotos)
  assert.equal(
    there.stages.filter(({ key }) => key !== undefined).map(({ id }) => id),
    ['places.tiles', 'places', 'web'],
  )
  for (const { id, key, absent } of there.stages)
    if (key === undefined) assert.equal(absent, ['photos'])
    else assert.is(key, here.stages.find(stage => stage.id === id)?.key)
  assert.equal(
    there.stages.map(({ id, estimates, inputs }) => ({ id, estimates, inputs })),
    here.stages.map(({ id, estimates, inputs }) => ({ id, estimates, inputs })),
  )
  assert.throws(() => compile(loaded, withoutPhotos), /'photos' is not here/)
})

test('a file that is missing and not said to lie elsewhere makes no plan', async () => {
  const loaded = await loadTexts({ 'r.yaml': smallRecipe })
  assert.throws(() => outline(loaded, { ...toyEnvironment, digest: () => undefined }), /There is no 'table\.geojson'/)
})

test('a matrix names the same stages whether its data is here or not', async () => {
  const swept = elsewhere.replace('samples: 1k, learn', "samples: '$@{params.size}', learn".replace('@', ''))
  const matrix = `${swept}params: { size: 1k }\nmatrix: { size: [1k, 2k] }\n`
  const loaded = await loadTexts({ 'r.yaml': matrix })
  assert.is(loaded.variants.length, 2)
  const ids = (plan: Outline) => plan.stages.map(({ id }) => id)
  assert.equal(ids(outline(loaded, withoutPhotos)), ids(compile(loaded, toyEnvironment)))
})

test('a lock is compared as far as the data is here', async () => {
  const loaded = await loadTexts({ 'r.yaml': elsewhere })
  const plan = compile(loaded, toyEnvironment)
  const lock = lockOf(plan, new Map(plan.stages.map(({ id }) => [id, { digest: id, metrics: {} }])))
  assert.equal(lockFaults(lock, outline(loaded, withoutPhotos)), [])
  const edited = await loadTexts({ 'r.yaml': elsewhere }, ['filters.overhead.distance=7'])
  const there = outline(edited, withoutPhotos)
  const faults = lockFaults(lock, there)
  assert.equal(
    faults.map(({ stage, kind, name, before, after }) => [stage, kind, name, before, after]),
    [['overhead', 'parameter', 'distance', 4, 7]],
  )
  const reruns = rerunsSince(recordOf(outline(loaded, withoutPhotos)), there)
  assert.equal(reruns.map(({ stage }) => stage.id).slice(0, 2), ['overhead', 'clean'])
  assert.equal(rerunsSince(recordOf(there), there), [])
  assert.equal(
    reruns.map(({ stage }) => stage.id),
    rerunsSince(recordOf(plan), compile(edited, toyEnvironment)).map(({ stage }) => stage.id),
  )
})

test.run()
