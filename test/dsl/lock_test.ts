import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { changesSince } from '../../dsl/compile/changes.ts'
import { lockOf, type StageOutput } from '../../dsl/compile/lock.ts'
import { parseLock, printLock } from '../../dsl/compile/lock_text.ts'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { planTexts, smallRecipe } from './support.ts'

const stage = (id: string): Stage => ({
  id,
  kind: 'landmarks',
  version: 3,
  params: { split: { test: 0.2 }, sizes: [300, 600] },
  settings: {},
  inputs: { 'data.0': { stage: 'b', split: 'train' } },
  externals: [
    { role: 'table', name: '/home/somebody/table.geojson', path: '/home/somebody/table.geojson', sha256: 'abc' },
    {
      role: 'water',
      name: 'globe@1.0.0/water.png',
      isOfPackage: true,
      path: '/home/somebody/water.png',
      sha256: 'def',
    },
  ],
  files: { table: '/home/somebody/table.geojson' },
  needs: { slots: 0, memory: 1 },
  key: `key-of-${id}`,
  path: ['sources', id],
})

const plan: Plan = { name: 'small', description: '', engine: 'auto', stages: [stage('b'), stage('a')], claims: [] }
const outputs = new Map<string, StageOutput>([
  ['a', { digest: 'd1', metrics: { tiles: 12, share: 0.1 } }],
  ['b', { digest: 'd2', metrics: {} }],
])
const printed = (of: Plan): string => printLock(lockOf(of, outputs))

test('a lock has one sorted item a line, and a last line that stays', () => {
  const lines = printed(plan).split('\n')
  assert.equal(lines.slice(1, 3), ['  "key scheme": 2,', '  "name": "small",'])
  assert.match(lines[3] ?? '', /^ {2}"recipe": "[0-9a-f]{64}",$/)
  assert.equal(lines.slice(4), [
    '  "stage a file:table": "abc",',
    '  "stage a file:water": "def",',
    '  "stage a input:data.0": "b (train)",',
    '  "stage a key": "key-of-a",',
    '  "stage a kind": "landmarks@3",',
    '  "stage a metric:share": 0.1,',
    '  "stage a metric:tiles": 12,',
    '  "stage a output": "d1",',
    '  "stage a package:water": "globe@1.0.0/water.png",',
    '  "stage a parameter:sizes": [300,600],',
    '  "stage a parameter:split.test": 0.2,',
    '  "stage b file:table": "abc",',
    '  "stage b file:water": "def",',
    '  "stage b input:data.0": "b (train)",',
    '  "stage b key": "key-of-b",',
    '  "stage b kind": "landmarks@3",',
    '  "stage b output": "d2",',
    '  "stage b package:water": "globe@1.0.0/water.png",',
    '  "stage b parameter:sizes": [300,600],',
    '  "stage b parameter:split.test": 0.2,',
    '  "version": 3',
    '}',
    '',
  ])
})

test('a lock says nothing of the machine', () => {
  assert.not.match(printed(plan), 'somebody')
})

test('a changed claim changes the lock', () => {
  const claim = { name: 'c', stage: 'a', metric: 'tiles', atLeast: 3, tolerance: 0, origin: 'here' }
  assert.is.not(printed({ ...plan, claims: [claim] }), printed(plan))
})

test('a plan with a stage that is not done cannot be locked', () => {
  assert.throws(() => lockOf(plan, new Map()), /Stage "b" has no result/)
})

/** Outputs for any plan; names of stages of a matrix hold spaces, dots and signs. */
const outputsOf = ({ stages }: Plan): ReadonlyMap<string, StageOutput> =>
  new Map(stages.map(({ id }, index) => [id, { digest: `d${index}`, metrics: { count: index, 'f-1': -0.5 } }]))

test('what is printed reads back, and prints the same again', async () => {
  const matrix = smallRecipe
    .replace('seed: 3', "params: { text: a }\nmatrix: { text: ['a b', 'c.d e'] }")
    .replace('[land]', `['\${params.text}']`)
  for (const recipe of [smallRecipe, matrix]) {
    const whole = await planTexts({ 'r.yaml': recipe })
    const lock = lockOf(whole, outputsOf(whole))
    const read = parseLock(printLock(lock))
    assert.equal(read, lock)
    assert.is(read && printLock(read), printLock(lock))
  }
})

test('keys of parameters may hold spaces', () => {
  const named = { ...stage('a'), params: { class_names: { 'sea lake': 'lake or sea', forest: 'forest' } } }
  const lock = lockOf({ ...plan, stages: [named] }, outputs)
  assert.equal(parseLock(printLock(lock)), lock)
})

test('a lock is told from other files', () => {
  assert.ok(parseLock(printed(plan)))
  for (const text of ['', '{}', 'null', '[]', 'my notes', '{"recipe":"x","version":2}'])
    assert.is(parseLock(text), undefined)
})

/** The differences of a stage of the small recipe from its lock after an edit: `STAGE KIND NAME BEFORE AFTER`. */
async function changes(id: string, edit: (recipe: string) => string, files = {}): Promise<readonly string[]> {
  const before = await planTexts({ 'r.yaml': smallRecipe })
  const after = await planTexts({ 'r.yaml': edit(smallRecipe), ...files })
  const [changed] = after.stages.filter(other => other.id === id)
  if (changed === undefined) throw new Error(`No stage ${id}`)
  const found = changesSince(lockOf(before, outputsOf(before)), after, changed)
  return found.map(({ stage, kind, name, before, after }) => `${stage.id} ${kind} ${name} ${before} ${after}`)
}

test('nothing has changed where the key is the same', async () => {
  assert.equal(await changes('retrieval', recipe => recipe), [])
  assert.equal(await changes('clean', recipe => recipe.replace('samples: 1k, learn', 'samples: 2k, learn')), [])
})

test('a changed parameter is named where it lies, upstream too', async () => {
  const found = await changes('pretrain.mix', recipe => recipe.replace('samples: 2k\n', 'samples: 3k\n'))
  assert.equal(found, ['web parameter samples 2000 3000'])
})

test('a changed input is named', async () => {
  const found = await changes('pretrain.first', recipe => recipe.replace('data: clean,', 'data: overhead,'))
  assert.equal(found, ['pretrain.first input data.0 clean overhead'])
})

test('a changed file and a new stage are named', async () => {
  const moved = await changes('places', recipe => recipe.replace('table.geojson', 'other.geojson'), {
    'other.geojson': '{}',
  })
  assert.is(moved.length, 1)
  assert.match(moved[0] ?? '', /^places\.tiles file table [0-9a-f]{64} [0-9a-f]{64}$/)
  const renamed = await changes('plain', recipe =>
    recipe.replace('plausible: {', 'plain: { min_words: 3,').replace('from: plausible', 'from: plain'),
  )
  assert.equal(renamed, ['plain stage  undefined plain'])
})

test('a stage that was only renamed has not changed', async () => {
  const renamed = await changes('plain', recipe => recipe.replaceAll('plausible', 'plain'))
  assert.equal(renamed, [])
})

test.run()
