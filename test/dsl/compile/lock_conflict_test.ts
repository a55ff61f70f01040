import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Lock, recipeDigest } from '../../../dsl/compile/lock.ts'
import { mergeLocks } from '../../../dsl/compile/lock_merge.ts'
import { printLock } from '../../../dsl/compile/lock_text.ts'

interface Parts {
  readonly name?: string
  /** Keys of stages. */
  readonly stages?: Readonly<Record<string, string>>
  /** Expected values of claims by name. */
  readonly claims?: Readonly<Record<string, number>>
}

function lockWith({ name = 'r', stages = {}, claims = {} }: Parts): Lock {
  const parts = {
    name,
    scheme: 2,
    claims: new Map(
      Object.entries(claims).map(([claim, atLeast]) => [
        claim,
        { name: claim, stage: 'a', metric: 'm', atLeast, tolerance: 0, origin: 'o' },
      ]),
    ),
    stages: new Map(
      Object.entries(stages).map(([id, key]) => [
        id,
        {
          key,
          kind: 'k@1',
          params: new Map(),
          inputs: new Map(),
          files: new Map([['table', key]]),
          packages: new Map(),
          output: { digest: 'o', metrics: {} },
        },
      ]),
    ),
  }
  return { ...parts, recipe: recipeDigest(parts) }
}

const labels = { ours: 'HEAD', theirs: 'branch' }
const merged = (base: Parts | undefined, ours: Parts, theirs: Parts) =>
  mergeLocks(base && lockWith(base), { ours: lockWith(ours), theirs: lockWith(theirs) }, labels)

test('what both changed alike is no conflict, and so is what one side alone has without a base', () => {
  const both = { stages: { a: '2' }, claims: { c: 2 } }
  const { text, conflicts } = merged({ stages: { a: '1' }, claims: { c: 1 } }, both, both)
  assert.equal(conflicts, [])
  assert.is(text, printLock(lockWith(both)))
  const united = merged(undefined, { stages: { a: '1' } }, { stages: { b: '1' } })
  assert.equal(united.conflicts, [])
  assert.is(united.text, printLock(lockWith({ stages: { a: '1', b: '1' } })))
})

test('a name that one side changed is taken', () => {
  assert.is(merged({}, {}, { name: 'new' }).text, printLock(lockWith({ name: 'new' })))
  assert.is(merged({}, { name: 'new' }, {}).text, printLock(lockWith({ name: 'new' })))
})

test('conflicts are named by their kind, those of a kind in order', () => {
  const { conflicts } = merged(
    undefined,
    { name: 'x', stages: { b: '1', a: '1' }, claims: { c: 1 } },
    { name: 'y', stages: { b: '2', a: '2' }, claims: { c: 2 } },
  )
  assert.equal(conflicts, ['name', 'stage a', 'stage b', 'claim c'])
})

test('a conflict is marked around the whole of a stage and around single items; the last line has no comma', () => {
  const ours = { stages: { 'a x': '1', b: '1' } }
  const theirs = { stages: { 'a x': '2', b: '1' } }
  const { text } = merged(undefined, ours, theirs)
  const [left, right] = [lockWith(ours).recipe, lockWith(theirs).recipe]
  const stage = (key: string) => [
    `  "stage a x file:table": "${key}",`,
    `  "stage a x key": "${key}",`,
    '  "stage a x kind": "k@1",',
    '  "stage a x output": "o",',
  ]
  assert.equal(text.split('\n'), [
    '{',
    '  "key scheme": 2,',
    '  "name": "r",',
    '<<<<<<< HEAD',
    `  "recipe": "${left}",`,
    '=======',
    `  "recipe": "${right}",`,
    '>>>>>>> branch',
    '<<<<<<< HEAD',
    ...stage('1'),
    '=======',
    ...stage('2'),
    '>>>>>>> branch',
    '  "stage b file:table": "1",',
    '  "stage b key": "1",',
    '  "stage b kind": "k@1",',
    '  "stage b output": "o",',
    '  "version": 3',
    '}',
    '',
  ])
})

test('what only their side has stands at its place in the conflict', () => {
  const base = { stages: { b: '1', c: '1' } }
  const { text, conflicts } = merged(base, { stages: { c: '1' } }, { stages: { a: '1', b: '2', c: '1' } })
  assert.equal(conflicts, ['stage b'])
  const items = text.split('\n').map(line => line.replace(/:.*/, ''))
  assert.equal(items.slice(items.indexOf('  "stage a file')), [
    '  "stage a file',
    '  "stage a key"',
    '  "stage a kind"',
    '  "stage a output"',
    '<<<<<<< HEAD',
    '=======',
    '  "stage b file',
    '  "stage b key"',
    '  "stage b kind"',
    '  "stage b output"',
    '>>>>>>> branch',
    '  "stage c file',
    '  "stage c key"',
    '  "stage c kind"',
    '  "stage c output"',
    '  "version"',
    '}',
    '',
  ])
})

test.run()
