import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mergePatch } from '../../../dsl/compile/merge.ts'
import { readYaml } from '../../../dsl/read/yaml.ts'
import { type Located, plain } from '../../../dsl/values/located.ts'
import { sourceOf } from '../support.ts'

function read(text: string): Located {
  const { value } = readYaml(sourceOf(text))
  if (value === undefined) throw new Error('This is no YAML')
  return value
}

const merged = (base: string, patch: string): Located => mergePatch(read(base), read(patch))

/** The cases of RFC 7396, appendix A, but for those whose result is null. */
const cases = [
  ['{ a: b }', '{ a: c }', { a: 'c' }],
  ['{ a: b }', '{ b: c }', { a: 'b', b: 'c' }],
  ['{ a: b }', '{ a: null }', {}],
  ['{ a: b, b: c }', '{ a: null }', { b: 'c' }],
  ['{ a: [b] }', '{ a: c }', { a: 'c' }],
  ['{ a: c }', '{ a: [b] }', { a: ['b'] }],
  ['{ a: { b: c } }', '{ a: { b: d, c: null } }', { a: { b: 'd' } }],
  ['{ a: [{ b: c }] }', '{ a: [1] }', { a: [1] }],
  ['[a, b]', '[c, d]', ['c', 'd']],
  ['{ a: b }', '[c]', ['c']],
  ['{ e: null }', '{ a: 1 }', { e: null, a: 1 }],
  ['[1, 2]', '{ a: b, c: null }', { a: 'b' }],
  ['{}', '{ a: { bb: { ccc: null } } }', { a: { bb: {} } }],
] as const

for (const [base, patch, result] of cases)
  test(`${patch} over ${base}`, () => {
    assert.is(JSON.stringify(plain(merged(base, patch))), JSON.stringify(result))
  })

const entry = (node: Located, name: string): Located | undefined =>
  node.kind === 'map' ? node.entries.get(name)?.value : undefined

test('what replaces a value knows it; what stays, or is new, replaces none', () => {
  const node = merged('{ a: 1, b: 2, c: { d: 3 } }', '{ b: 4, c: { d: 5 }, e: 6 }')
  const replaced = (of: Located | undefined) => of?.replaced && plain(of.replaced)
  assert.equal(
    ['a', 'b', 'c', 'e'].map(name => replaced(entry(node, name))),
    [undefined, 2, undefined, undefined],
  )
  assert.is(replaced(merged('1', '{ a: 1 }')), 1)
  assert.is(merged('{ a: 1 }', '{ b: 1 }').replaced, undefined)
  const inner = entry(node, 'c')
  assert.is(replaced(inner && entry(inner, 'd')), 3)
})

test('what was taken out is kept with what took it out, through further patches', () => {
  const once = merged('{ a: 1, b: 2, c: 3 }', '{ a: null, z: null }')
  const twice = mergePatch(once, read('{ b: null }'))
  const removed = (node: Located) =>
    node.kind === 'map' &&
    node.removed &&
    [...node.removed].map(([name, { by, value }]) => [name, by.source.text.slice(by.start, by.end), plain(value)])
  assert.equal(removed(once), [['a', 'null', 1]])
  assert.equal(removed(twice), [
    ['a', 'null', 1],
    ['b', 'null', 2],
  ])
  assert.is(removed(merged('{ a: 1 }', '{ z: null }')), undefined)
})

test.run()
