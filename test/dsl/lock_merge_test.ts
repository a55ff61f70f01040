import { constantFrom, dictionary, assert as holds, property, record } from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Lock, recipeDigest } from '../../dsl/compile/lock.ts'
import { mergeLocks } from '../../dsl/compile/lock_merge.ts'
import { parseLock, printLock, readLocks } from '../../dsl/compile/lock_text.ts'

const labels = { ours: 'ours', theirs: 'theirs' }

/** A lock whose stages have these keys, and whose only claim expects this much. */
function lockWith(keys: Readonly<Record<string, string>>, atLeast = 1): Lock {
  const stages = Object.entries(keys).map(([id, key]) => {
    const metrics = { loss: key.length, [`of-${key}`]: 1 }
    return [
      id,
      {
        key,
        kind: 'train@1',
        params: new Map(),
        inputs: new Map(),
        files: new Map(),
        packages: new Map(),
        output: { digest: key, metrics },
      },
    ] as const
  })
  const claim = { name: 'c', stage: 'a', metric: 'loss', atLeast, tolerance: 0, origin: 'here' }
  const parts = { name: 'r', scheme: 2, claims: new Map([['c', claim]]), stages: new Map(stages) }
  return { ...parts, recipe: recipeDigest(parts) }
}

const base = lockWith({ a: 'a1', 'b c': 'b1', d: 'd1' })

test('changes of different stages are both taken, removals and additions too, with the digest of both', () => {
  const ours = lockWith({ a: 'a2', 'b c': 'b1', d: 'd1', e: 'e1' })
  const theirs = lockWith({ a: 'a1', 'b c': 'b2' }, 2)
  const merged = mergeLocks(base, { ours, theirs }, labels)
  assert.equal(merged.conflicts, [])
  assert.is(merged.text, printLock(lockWith({ a: 'a2', 'b c': 'b2', e: 'e1' }, 2)))
})

test('a stage that both changed is one conflict, from which both sides read back', () => {
  const ours = lockWith({ a: 'a2', 'b c': 'b1', d: 'd2' })
  const theirs = lockWith({ a: 'a3', 'b c': 'b1', d: 'd1' })
  const { text, conflicts } = mergeLocks(base, { ours, theirs }, labels)
  assert.equal(conflicts, ['stage a'])
  const [left, right] = readLocks(text) ?? []
  assert.is(left?.stages.get('a')?.key, 'a2')
  assert.is(right?.stages.get('a')?.key, 'a3')
  assert.is(right?.stages.get('d')?.key, 'd2', 'what only one side changed is in both')
})

test('a stage that one side removed and the other changed is a conflict', () => {
  const ours = lockWith({ 'b c': 'b1', d: 'd1' })
  const theirs = lockWith({ a: 'a3', 'b c': 'b1', d: 'd1' })
  assert.equal(mergeLocks(base, { ours, theirs }, labels).conflicts, ['stage a'])
})

test('merging is symmetric, and merging with what is unchanged gives the change', () => {
  const keys = dictionary(constantFrom('a', 'b', 'b c', 'd'), constantFrom('k1', 'k2', 'k3'))
  const sides = record({ before: keys, ours: keys, theirs: keys })
  holds(
    property(sides, ({ before, ours, theirs }) => {
      const [from, left, right] = [lockWith(before), lockWith(ours), lockWith(theirs)]
      const one = mergeLocks(from, { ours: left, theirs: right }, labels)
      const other = mergeLocks(from, { ours: right, theirs: left }, labels)
      assert.equal(one.conflicts, other.conflicts)
      if (one.conflicts.length === 0) assert.is(one.text, other.text)
      assert.is(mergeLocks(from, { ours: from, theirs: right }, labels).text, printLock(right))
      assert.ok(one.conflicts.length > 0 || parseLock(one.text))
    }),
  )
})

test.run()
