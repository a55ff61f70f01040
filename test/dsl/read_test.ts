import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { stringify } from 'yaml'
import { editDistance, suggest } from '../../dsl/diagnostics/suggest.ts'
import { ambiguity } from '../../dsl/read/scalars.ts'
import { readYaml } from '../../dsl/read/yaml.ts'
import { locate, plain, position } from '../../dsl/values/located.ts'
import { sourceOf } from './support.ts'

const ambiguous = 'no Yes on OFF y 1e-4 1E5 .5e3 -2e3 010 0o17 0b101 1_000 1_0.5'.split(' ')
const clear =
  'true false null ~ 0 7 -7 +7 0.5 .5 5. 1.0e-4 1.5e+3 0x1F nope 300km 4k yesterday a:b 1.2.3 08 12:30 1:20:30 2024-01-02'.split(
    ' ',
  )

test('scalars that YAML 1.1 and 1.2 read differently are ambiguous, others are not', () => {
  for (const text of ambiguous) assert.ok(ambiguity(text), text)
  for (const text of clear) assert.not.ok(ambiguity(text), text)
})

test('the spellings that are suggested for an ambiguous scalar are not ambiguous themselves', () => {
  for (const text of ambiguous)
    for (const { spelling, value } of ambiguity(text)?.readings ?? []) {
      const read = readYaml(sourceOf(spelling)).value
      assert.equal(read, { kind: 'scalar', value, span: read?.span }, `${text} -> ${spelling}`)
    }
})

test('ambiguous scalars in quotes are text', () => {
  for (const text of ambiguous) {
    const { value, diagnostics } = readYaml(sourceOf(`a: '${text}'`))
    assert.equal(diagnostics, [])
    assert.is(value?.kind === 'map' && JSON.stringify(plain(value)), JSON.stringify({ a: text }))
  }
})

test('every value has the span in which it is written', () => {
  const source = sourceOf('a: 1\nb:\n  - two\n  - { c: three }\n')
  const { value } = readYaml(source)
  const written = (path: (string | number)[]): string => {
    const span = value && locate(value, path)?.value.span
    return span ? source.text.slice(span.start, span.end) : ''
  }
  assert.is(written(['a']), '1')
  assert.is(written(['b', 0]), 'two')
  assert.is(written(['b', 1, 'c']), 'three')
  assert.equal(position(source, source.text.indexOf('three')), { line: 4, column: 10 })
})

test('what is printed as YAML reads back as it was', () => {
  const json = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('value'), { maxLength: 4 }),
    map: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  }))
  fc.assert(
    fc.property(json.map, value => {
      const text = stringify(value, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' })
      const read = readYaml(sourceOf(text))
      assert.equal(read.diagnostics, [])
      assert.is(read.value && JSON.stringify(plain(read.value)), JSON.stringify(value))
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('no text makes the reader throw', () => {
  const fragments = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&x',
    '*x',
    '<<',
    '"',
    "'",
    '|',
    '#',
    '!t',
    '\t',
    '${',
    ',',
  )
  const texts = fc.array(fragments, { maxLength: 30 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(texts, text => void readYaml(sourceOf(text))),
    { seed: 2, numRuns: 3000 },
  )
})

test('a deeply nested text ends as a diagnostic', () => {
  for (const text of ['['.repeat(50_000), `${'a: {'.repeat(5000)}`, '- '.repeat(20_000)]) {
    const { diagnostics } = readYaml(sourceOf(text))
    assert.ok(diagnostics.length > 0)
  }
})

test('the distance of two words counts typing slips', () => {
  for (const [a, b, distance] of [
    ['web', 'web', 0],
    ['web', 'wbe', 1],
    ['width', 'witdh', 1],
    ['heads', 'head', 1],
    ['', 'abc', 3],
  ] as const)
    assert.is(editDistance(a, b), distance, `${a} ${b}`)
})

test('a suggestion is near, or none is made', () => {
  assert.is(suggest('lerning_rate', ['samples', 'learning_rate']), 'learning_rate')
  assert.is(suggest('colour', ['samples', 'learning_rate']), undefined)
  assert.is(suggest('x', ['y']), 'y')
})

test.run()
