import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Lock, type LockedStage, lockOf, type StageOutput } from '../../../dsl/compile/lock.ts'
import { lockFaults, outputFaults } from '../../../dsl/compile/lock_check.ts'
import type { Plan } from '../../../dsl/compile/plan.ts'
import { edited, planTexts, smallRecipe } from '../support.ts'

const outputsOf = ({ stages }: Plan): ReadonlyMap<string, StageOutput> =>
  new Map(stages.map(({ id }) => [id, { digest: id, metrics: { count: 1 } }]))

const plan = await planTexts({ 'r.yaml': smallRecipe })
const lock = lockOf(plan, outputsOf(plan))

/** The lock with one stage changed or added. */
const withStage = (id: string, change: Partial<LockedStage>): Lock => {
  const stage = lock.stages.get('clean')
  if (stage === undefined) throw new Error('There is no such stage')
  return { ...lock, stages: new Map([...lock.stages, [id, { ...(lock.stages.get(id) ?? stage), ...change }]]) }
}

/** Faults as `KIND STAGE NAME BEFORE AFTER`; keys are not told. */
const faults = (of: Lock, compiled: Plan): readonly string[] =>
  lockFaults(of, compiled).map(({ kind, stage, name, before, after }) => {
    const side = (value: unknown) => {
      if (typeof value === 'object') return 'CLAIM'
      return /^[0-9a-f]{64}$/.test(String(value)) ? 'KEY' : JSON.stringify(value)
    }
    return `${kind} '${stage}' '${name}' ${side(before)} ${side(after)}`
  })

const faultsAfter = async (recipe: string, files = {}) => faults(lock, await planTexts({ 'r.yaml': recipe, ...files }))

test('the lock of a recipe has no faults', () => {
  assert.equal(faults(lock, plan), [])
})

test('another name, and other claims', async () => {
  assert.equal(await faultsAfter(edited('name: small', 'name: other')), [`recipe '' 'name' "small" "other"`])
  const renamed = edited('learns: {', 'grows: {')
  assert.equal(await faultsAfter(renamed), [`claim '' 'learns' CLAIM undefined`, `claim '' 'grows' undefined CLAIM`])
  for (const bound of ['at_least: 6', 'at_most: 5', 'expect: 5', 'at_least: 5, tolerance: 1'])
    assert.equal(await faultsAfter(edited('at_least: 5', bound)), [`claim '' 'learns' CLAIM CLAIM`], bound)
  const over = edited('metric: retrieval.mean_recall', 'metric: retrieval.t2i_r1, over: retrieval.i2t_r1')
  assert.equal(await faultsAfter(over), [`claim '' 'learns' CLAIM CLAIM`])
})

test('a changed parameter is one fault, and what follows from it none', async () => {
  assert.equal(await faultsAfter(edited('from: plausible', 'from: plausible, threshold: 0.7')), [
    `parameter 'overhead' 'threshold' 0.5 0.7`,
  ])
})

test('a stage that came or went', async () => {
  const extra = edited('filters:\n', 'filters:\n  extra: { kind: dedup, from: clean }\n')
  assert.equal(await faultsAfter(extra), [`stage 'extra' '' undefined "extra"`])
  const without = edited('  retrieval: { kind: retrieval, model: pretrain, data: places.test }\n', '').replace(
    /claims:[\s\S]*/,
    '',
  )
  assert.equal(await faultsAfter(without), [
    `key 'pretrain.mix.on.places.test' '' KEY undefined`,
    `key 'pretrain.mix.on.places.test.captions' '' KEY undefined`,
    `key 'retrieval' '' KEY undefined`,
    `claim '' 'learns' CLAIM undefined`,
  ])
})

test('a stage of another name and the same key', async () => {
  assert.equal(await faultsAfter(smallRecipe.replaceAll('plausible', 'plain')), [
    `key 'plausible' '' KEY undefined`,
    `key 'plain' '' undefined KEY`,
  ])
})

test('a key that does not follow from what the lock says', () => {
  assert.equal(faults(withStage('retrieval', { key: 'forged' }), plan), [`key 'retrieval' '' "forged" KEY`])
})

test('a version and an input', () => {
  const stage = lock.stages.get('retrieval')
  assert.equal(faults(withStage('retrieval', { key: 'old', kind: 'retrieval@0' }), plan), [
    `version 'retrieval' '' "retrieval@0" "${stage?.kind}"`,
  ])
  assert.equal(faults(withStage('retrieval', { key: 'old', inputs: new Map([['model', 'other']]) }), plan), [
    `input 'retrieval' 'model' "other" undefined`,
    `input 'retrieval' 'data' undefined "places (test)"`,
    `input 'retrieval' 'images' undefined "pretrain.mix.on.places.test"`,
    `input 'retrieval' 'captions' undefined "pretrain.mix.on.places.test.captions"`,
  ])
})

test('a file is told by its role where it is read, with its path; one that is read no more, too', async () => {
  const other = smallRecipe.replaceAll('table.geojson', 'other.geojson')
  assert.equal(await faultsAfter(other, { 'other.geojson': '{}' }), [
    `file 'places.tiles' 'table' KEY KEY`,
    `file 'web' 'table' KEY KEY`,
  ])
  const paths = lockFaults(lock, await planTexts({ 'r.yaml': other, 'other.geojson': '{}' })).map(({ file }) => file)
  assert.equal(paths, ['other.geojson', 'other.geojson'])
  const files = new Map([...(lock.stages.get('web')?.files ?? []), ['extra', '0']])
  assert.equal(faults(withStage('web', { key: 'old', files }), plan), [`file 'web' 'extra' "0" undefined`])
})

test('results that are not the locked ones, and through which inputs', () => {
  const outputs = new Map<string, StageOutput>([
    ...outputsOf(plan),
    ['plausible', { digest: 'new', metrics: { count: 2, more: 3 } }],
    ['overhead', { digest: 'new too', metrics: { count: 1 } }],
    ['places', { digest: 'places', metrics: { count: 5 } }],
  ])
  outputs.delete('web')
  assert.equal(outputFaults(lock, plan, outputs), [
    { kind: 'output', stage: 'plausible', through: [], name: '', before: 'plausible', after: 'new' },
    { kind: 'metric', stage: 'plausible', through: [], name: 'count', before: 1, after: 2 },
    { kind: 'metric', stage: 'plausible', through: [], name: 'more', after: 3 },
    { kind: 'output', stage: 'overhead', through: ['plausible'], name: '', before: 'overhead', after: 'new too' },
  ])
  const unknown: Lock = { ...lock, stages: new Map() }
  assert.equal(outputFaults(unknown, plan, outputs), [])
})

test.run()
