import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Lock } from '../../../dsl/compile/lock.ts'
import { parseLock, readLocks } from '../../../dsl/compile/lock_text.ts'

const textOf = (items: object): string =>
  JSON.stringify({ name: 'n', recipe: 'r', version: 3, 'key scheme': 2, ...items })

/** A lock with these items; throws where it is none. */
function parsed(items: object): Lock {
  const lock = parseLock(textOf(items))
  if (lock === undefined) throw new Error('This is no lock')
  return lock
}

test('a lock has a name, a digest and the layout', () => {
  assert.equal(parsed({}), { name: 'n', recipe: 'r', scheme: 2, claims: new Map(), stages: new Map() })
  for (const other of [{ name: 1 }, { recipe: 1 }, { version: 1 }, { version: 4 }, { 'key scheme': '2' }])
    assert.is(parseLock(textOf(other)), undefined, JSON.stringify(other))
})

test('items of no meaning are passed over', () => {
  const { claims, stages } = parsed({
    'external a': 'd',
    'note a': 'd',
    'stage a': 'd',
    'stage a colour': 'd',
  })
  assert.equal([...claims, ...stages], [])
})

test('parts of a stage have their types; others leave it as it is', () => {
  const right = {
    key: 'k',
    kind: 'train@1',
    output: 'o',
    'metric:m x': 0.5,
    'input:data': 'a',
    'parameter:p q': [1],
    'file:shards.0': 'd',
    'package:photo': 'p@1.0.0/x.jpg',
  }
  const wrong = { key: 1, kind: 1, output: 1, 'metric:n': 'x', 'input:other': 1, 'file:f': 1, 'package:f': 1 }
  const items = (id: string, parts: object) =>
    Object.fromEntries(Object.entries(parts).map(([part, value]) => [`stage ${id} ${part}`, value]))
  const { stages } = parsed({ ...items('a key', right), ...items('b', wrong) })
  assert.equal(
    [...stages],
    [
      [
        'a key',
        {
          key: 'k',
          kind: 'train@1',
          params: new Map([['p q', [1]]]),
          inputs: new Map([['data', 'a']]),
          files: new Map([['shards.0', 'd']]),
          packages: new Map([['photo', 'p@1.0.0/x.jpg']]),
          output: { digest: 'o', metrics: { 'm x': 0.5 } },
        },
      ],
      [
        'b',
        {
          key: '',
          kind: '',
          params: new Map(),
          inputs: new Map(),
          files: new Map(),
          packages: new Map(),
          output: { digest: '', metrics: {} },
        },
      ],
    ],
  )
})

test('a claim is read only where all of it is well-formed', () => {
  const claim = { stage: 'a', metric: 'm', origin: 'here', tolerance: 0 }
  for (const more of [{}, { expect: 1 }, { atLeast: 1 }, { atMost: 1 }])
    assert.equal([...parsed({ 'claim c': { ...claim, ...more } }).claims], [['c', { ...claim, ...more, name: 'c' }]])
  const faults = [
    { stage: 1 },
    { metric: 1 },
    { origin: 1 },
    { tolerance: '0' },
    { expect: '1' },
    { atLeast: '1' },
    { atMost: '1' },
  ]
  for (const fault of faults)
    assert.equal([...parsed({ 'claim c': { ...claim, ...fault } }).claims], [], JSON.stringify(fault))
  assert.equal([...parsed({ 'claim c': 'x' }).claims], [])
})

const conflict = (ours: string, theirs: string, base = ''): string =>
  `{\n<<<<<<< HEAD\n${ours}${base}=======\n${theirs}>>>>>>> other\n "name": "n",\n "key scheme": 2,\n "version": 3\n}\n`
const [mine, yours] = [' "recipe": "mine",\n', ' "recipe": "yours",\n']

test('a text is one lock, or none', () => {
  assert.equal(
    readLocks(textOf({}))?.map(({ recipe }) => recipe),
    ['r'],
  )
  for (const none of ['', 'notes', '[]', '{}', textOf({ recipe: 1 }), textOf({ version: '2' })])
    assert.is(readLocks(none), undefined, none)
  assert.equal(readLocks(textOf({ version: 1 })), [])
})

test('a text with conflicts is two locks; the base of diff3 is none of them', () => {
  const recipes = (text: string) => readLocks(text)?.map(({ recipe }) => recipe)
  assert.equal(recipes(conflict(mine, yours)), ['mine', 'yours'])
  assert.equal(recipes(conflict(mine, yours, '||||||| base\n "recipe": "old",\n')), ['mine', 'yours'])
  assert.is(recipes(conflict(mine, '')), undefined)
  assert.is(recipes(conflict('', yours)), undefined)
})

test('markers of whole lines alone are a conflict', () => {
  const items = { 'stage a parameter:text': '<<<<<<< HEAD' }
  assert.is(readLocks(textOf(items))?.length, 1)
})

test.run()
