import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { changesSince, differences, rerunsSince } from '../../../dsl/compile/changes.ts'
import { keyScheme } from '../../../dsl/compile/keys.ts'
import { recordOf } from '../../../dsl/compile/lock.ts'
import type { Json, Outline, OutlinedStage } from '../../../dsl/compile/plan.ts'

/** A stage with a key, that reads others. */
const stage = (id: string, inputs: readonly string[], change: Partial<OutlinedStage> = {}): OutlinedStage => ({
  id,
  kind: 'k',
  version: 1,
  params: { rate: 1 },
  settings: {},
  inputs: Object.fromEntries(inputs.map((input, index) => [`data.${index}`, { stage: input }])),
  externals: [],
  files: {},
  needs: { slots: 0, memory: 1 },
  key: `key of ${id}`,
  path: [],
  ...change,
})

const outlineOf = (...stages: readonly OutlinedStage[]): Outline => ({
  name: 'r',
  description: '',
  engine: 'auto',
  stages,
  claims: [],
})

/** A stage as above whose key waits for files. */
const open = (id: string, inputs: readonly string[], change: Partial<OutlinedStage> = {}): OutlinedStage => {
  const { key: _, ...others } = stage(id, inputs, change)
  return others
}

const before = recordOf(outlineOf(stage('a', []), stage('b', ['a']), stage('c', ['a', 'b'])))

/** Reruns as `STAGE: OWN CHANGES (THROUGH)`. */
const reruns = (of: Parameters<typeof rerunsSince>[0], ...stages: readonly OutlinedStage[]): readonly string[] =>
  rerunsSince(of, outlineOf(...stages)).map(
    ({ stage, own, through }) => `${stage.id}: ${own.map(({ kind, name }) => `${kind} ${name}`)} (${through})`,
  )

test('stages whose keys are known do not run again, whatever their name', () => {
  assert.equal(reruns(before, stage('a', []), stage('new', ['a'], { key: 'key of b' })), [])
})

test('a changed stage runs again, and those that read it run again through it', () => {
  const stages = [
    stage('a', [], { key: 'a2', version: 2 }),
    stage('b', ['a'], { key: 'b2' }),
    stage('c', ['a', 'b'], { key: 'c2', params: { size: 1 } }),
    stage('d', ['c', 'c'], { key: 'd2' }),
  ]
  assert.equal(reruns(before, ...stages), [
    'a: version  ()',
    'b:  (a)',
    'c: parameter rate,parameter size (a,b)',
    'd: stage  (c)',
  ])
  const all = outlineOf(...stages)
  const changes = (of: number) => changesSince(before, all, stages[of] ?? stage('x', []))
  assert.equal(
    changes(2).map(({ stage, kind, name, before, after }) => [stage.id, kind, name, before, after]),
    [
      ['a', 'version', '', 'k@1', 'k@2'],
      ['c', 'parameter', 'rate', 1, undefined],
      ['c', 'parameter', 'size', undefined, 1],
    ],
  )
  assert.is(changes(3).length, 4)
})

test('a stage that reads another file', () => {
  const reading = (sha256: string) => ({ externals: [{ role: 'table', name: 'f', path: '/f', sha256 }] })
  const known = recordOf(outlineOf(stage('a', [], reading('1'))))
  assert.equal(reruns(known, stage('a', [], { key: 'a2', ...reading('2') })), ['a: file table ()'])
  assert.equal(reruns(before, stage('a', [], { key: 'a2', ...reading('2') })), ['a: file table ()'])
  assert.equal(reruns(known, stage('a', [], { key: 'a2' })), ['a: file table ()'])
})

test('a file that is not here, on either side, counts as unchanged', () => {
  const reading = (sha256?: string) => {
    return { externals: [{ role: 'table', name: 'f', path: '/f', ...(sha256 !== undefined && { sha256 }) }] }
  }
  const recorded = (sha256?: string) => recordOf(outlineOf(open('a', [], reading(sha256))))
  assert.equal(reruns(recorded('1'), open('a', [], reading())), [])
  assert.equal(reruns(recorded(), open('a', [], reading('1'))), [])
  assert.equal(reruns(recorded('2'), open('a', [], reading('1'))), ['a: file table ()'])
})

test('under another key scheme every stage runs again, and only what both record is compared', () => {
  const old = { ...recordOf(outlineOf(stage('a', []), stage('b', ['a']))), scheme: 1 }
  const now = outlineOf(
    stage('a', [], { key: 'a2', version: 2, params: { added: 1 } }),
    stage('b', ['a'], { key: 'b2' }),
  )
  const [a, b] = now.stages
  const changes = (of = a) => (of === undefined ? [] : changesSince(old, now, of))
  assert.equal(
    changes(b).map(({ stage, kind, before, after }) => [stage.id, kind, before, after]),
    [
      ['a', 'version', 'k@1', 'k@2'],
      ['b', 'scheme', 1, keyScheme],
    ],
  )
})

test('where a key waits for files, on either side, what is known decides', () => {
  assert.equal(reruns(before, open('a', []), open('b', ['a'])), [])
  assert.equal(reruns(before, open('a', [], { version: 2 }), open('b', ['a'])), ['a: version  ()', 'b:  (a)'])
  const waiting = recordOf(outlineOf(open('a', []), stage('b', [])))
  assert.equal(reruns(waiting, stage('a', [])), [])
  assert.equal(reruns(waiting, stage('a', [], { version: 2 })), ['a: version  ()'])
  assert.equal(reruns(before, stage('a', [], { key: 'a2' })), ['a:  ()'])
})

test('differences are by name, those of what was first', () => {
  const was = new Map<string, Json>([
    ['same', { a: 1, b: [2] }],
    ['gone', null],
    ['other', 1],
  ])
  const now = new Map<string, Json>([
    ['came', null],
    ['other', 2],
    ['same', { b: [2], a: 1 }],
  ])
  assert.equal(differences(was, now), [
    { name: 'gone', before: null },
    { name: 'other', before: 1, after: 2 },
    { name: 'came', after: null },
  ])
})

test.run()
