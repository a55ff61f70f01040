import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isLock, printLock, type StageOutput } from '../../dsl/compile/lock.ts'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'

const stage = (id: string): Stage => ({
  id,
  kind: 'landmarks',
  version: 1,
  params: {},
  inputs: {},
  externals: [{ name: 'data/landmarks.geojson', path: '/home/somebody/data/landmarks.geojson', sha256: 'abc' }],
  needs: { slots: 0, memory: 1 },
  key: `key-of-${id}`,
  path: ['sources', id],
})

const plan: Plan = { name: 'small', description: '', engine: 'auto', stages: [stage('b'), stage('a')], claims: [] }
const outputs = new Map<string, StageOutput>([
  ['a', { digest: 'd1', metrics: { tiles: 12, share: 0.1 } }],
  ['b', { digest: 'd2', metrics: {} }],
])

test('a lock has one sorted item a line, and a last line that stays', () => {
  const lines = printLock(plan, outputs).split('\n')
  assert.equal(lines.slice(1, 7), [
    '  "external data/landmarks.geojson": "abc",',
    '  "metric a.share": 0.1,',
    '  "metric a.tiles": 12,',
    '  "output a": "d1",',
    '  "output b": "d2",',
    lines[6],
  ])
  assert.match(lines[6] ?? '', /^ {2}"recipe": "[0-9a-f]{64}",$/)
  assert.equal(lines.slice(7), ['  "stage a": "key-of-a",', '  "stage b": "key-of-b",', '  "version": 1', '}', ''])
})

test('a lock says nothing of the machine', () => {
  assert.not.match(printLock(plan, outputs), 'somebody')
})

test('a changed claim changes the lock', () => {
  const claim = { name: 'c', stage: 'a', metric: 'tiles', atLeast: 3, tolerance: 0, origin: 'here' }
  assert.is.not(printLock({ ...plan, claims: [claim] }, outputs), printLock(plan, outputs))
})

test('a plan with a stage that is not done cannot be locked', () => {
  assert.throws(() => printLock(plan, new Map()), 'Stage "b" has no result')
})

test('a lock is told from other files', () => {
  assert.ok(isLock(printLock(plan, outputs)))
  for (const text of ['', '{}', 'null', '[]', 'my notes']) assert.not.ok(isLock(text))
})

test.run()
