import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { declaredParameters, substitute } from '../../../dsl/compile/parameters.ts'
import { readYaml } from '../../../dsl/read/yaml.ts'
import { type Located, type LocatedMap, plain } from '../../../dsl/values/located.ts'
import { faultTexts, sourceOf } from '../support.ts'

function read(text: string): LocatedMap {
  const { value } = readYaml(sourceOf(text))
  if (value?.kind !== 'map') throw new Error('This is no mapping')
  return value
}

const declared = "params: { number: 4, text: sea, truth: true, list: [1], empty: '' }\n"

/** The value of `value: TEXT` with its parameters inserted, and its diagnostics. */
function inserted(text: string, head = declared) {
  const recipe = read(`${head}value: ${text}\n`)
  const { value, diagnostics, used } = substitute(recipe, declaredParameters(recipe))
  const node = value.entries.get('value')?.value
  return { node, value: node && plain(node), faults: faultTexts({ diagnostics }), used: [...used] }
}

test('single values are parameters', () => {
  assert.equal([...declaredParameters(read(declared)).keys()], ['number', 'text', 'truth', 'empty'])
  assert.equal([...declaredParameters(read('params: [1]')).keys(), ...declaredParameters(read('a: 1')).keys()], [])
})

test('a parameter alone keeps its type; within a text it is text', () => {
  assert.is(inserted("'${params.number}'").value, 4)
  assert.is(inserted("'${params.truth}'").value, true)
  assert.is(inserted("'${params.empty}'").value, '')
  assert.is(inserted("'at ${params.text}, ${params.number} by ${params.truth}'").value, 'at sea, 4 by true')
  assert.is(inserted("'${params.text}${params.text}'").value, 'seasea')
  assert.is(inserted('plain').value, 'plain')
  const nested = inserted("{ a: [x, { b: '${params.number}' }] }").value
  assert.is(JSON.stringify(nested), '{"a":["x",{"b":4}]}')
})

test('what is inserted knows the parameter, of several the last', () => {
  const origin = (node: Located | undefined) => (node?.kind === 'scalar' ? node.origin?.value : undefined)
  assert.is(origin(inserted("'${params.number}'").node), 4)
  assert.is(origin(inserted("'${params.number} ${params.text}'").node), 'sea')
  assert.is(origin(inserted('plain').node), undefined)
  assert.equal(inserted("'${params.number} ${params.text}'").used, ['number', 'text'])
})

test('an unknown parameter is a fault, and nothing in its place', () => {
  const { value, faults } = inserted("'${params.nummer}'")
  assert.equal([value, faults], ['', ["unknown-parameter '${params.nummer}'"]])
  assert.equal(inserted("'${params.list}'").faults, ["unknown-parameter '${params.list}'"])
})

/** The hint of the only fault. */
function hint(text: string, head = declared): string | undefined {
  const recipe = read(`${head}value: ${text}\n`)
  const { diagnostics } = substitute(recipe, declaredParameters(recipe))
  return diagnostics[0]?.fix?.hint
}

test('the hint names the parameter that was meant, those that there are, or how to add one', () => {
  assert.is(hint("'${params.nummer}'"), "write '${params.number}'")
  assert.is(hint("'${params.altogether}'", 'params: { a: 1, b: 2 }\n'), 'parameters are a, b')
  assert.is(hint("'${params.x}'", ''), "add 'params:' with 'x:'")
})

test('other insertions are faults', () => {
  for (const text of ['${number}', '${param.number}', '${params.number', '${ params.number }', 'x ${env.HOME}']) {
    const { faults } = inserted(`'${text}'`)
    assert.equal(faults, [`bad-substitution '${text}'`])
  }
  assert.is(hint("'${number}'"), "write '${params.number}'")
  assert.is(hint("'${param.number}'"), "write '${params.number}'")
  assert.is(hint("'${}'"), undefined)
  assert.is(inserted("'a${number}b'").value, 'ab')
})

test('a text may be 100,000 characters long with its parameters, and no longer', () => {
  const place = '${params.long}'
  const head = (length: number) => `params: { long: ${'x'.repeat(length)} }\n`
  const most = 100_000 - ` ${place}`.length
  const { value, faults } = inserted(`' ${place}'`, head(most))
  assert.equal([String(value).length, faults], [most + 1, []])
  assert.is(inserted(`' ${place}'`, head(most + 1)).faults.length, 1)
  const half = Math.floor((100_000 - 2 * place.length) / 2)
  assert.equal(inserted(`'${place}${place}'`, head(half)).faults, [])
  assert.is(inserted(`'${place}${place}'`, head(half + 1)).faults.length, 1)
})

test('nothing is inserted into parameters and axes', () => {
  const recipe = read("params: { a: 1, b: '${params.a}' }\nmatrix: { a: ['${params.b}'] }\n")
  const { value, diagnostics } = substitute(recipe, declaredParameters(recipe))
  assert.is(value, recipe)
  assert.equal(diagnostics, [])
})

test('parts without insertions stay the same objects, and are remembered', () => {
  const recipe = read("params: { a: 1 }\nsame: { list: [1, { x: y }] }\nother: { z: ['${params.a}', 2], same: [3] }\n")
  const at = (tree: Located | undefined, ...names: readonly string[]): Located | undefined =>
    names.reduce((node, name) => (node?.kind === 'map' ? node.entries.get(name)?.value : undefined), tree)
  const fixed = new Set<Located>()
  const { value } = substitute(recipe, declaredParameters(recipe), fixed)
  assert.is(at(value, 'same'), at(recipe, 'same'))
  assert.is(at(value, 'other', 'same'), at(recipe, 'other', 'same'))
  assert.is.not(at(value, 'other'), at(recipe, 'other'))
  const isFixed = (...names: readonly string[]) => {
    const node = at(recipe, ...names)
    return node !== undefined && fixed.has(node)
  }
  assert.ok(isFixed('same') && isFixed('same', 'list') && isFixed('other', 'same'))
  assert.not.ok(isFixed('other') || isFixed('other', 'z'))
})

test('what is known to be fixed is passed over', () => {
  const recipe = read("params: { a: 1 }\nvalue: { b: '${params.a}' }\n")
  const value = recipe.entries.get('value')?.value
  if (value === undefined) throw new Error('There is no value')
  assert.is(substitute(recipe, declaredParameters(recipe), new Set([value])).value, recipe)
})

test.run()
