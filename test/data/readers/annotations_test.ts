import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readCaptions, readLabel } from '../../../runtime/data/readers/annotations.ts'
import { parsePythonJson } from '../../../runtime/data/readers/python_json.ts'

test('captions are texts; whatever else a cell holds is named', () => {
  assert.equal(readCaptions([' a lake ', 'nanometres', 'None of these'], ''), {
    captions: ['a lake', 'nanometres', 'None of these'],
    faults: [],
  })
  const faults: readonly (readonly [unknown, string])[] = [
    ['', 'has an empty caption'],
    [' \n', 'has an empty caption'],
    [null, 'has an empty caption'],
    [undefined, 'has an empty caption'],
    [Number.NaN, 'has an empty caption'],
    ['nan', "has the word of a missing value, 'nan', as a caption"],
    [' NaN ', "has the word of a missing value, 'NaN', as a caption"],
    ['None', "has the word of a missing value, 'None', as a caption"],
    [3, 'has a caption that is no text (3)'],
    [true, 'has a caption that is no text (true)'],
    [3n, 'has a caption that is no text (3)'],
    [{ en: 'x' }, 'has a caption that is no text ({"en":"x"})'],
    [['x'.repeat(90)], `has a caption that is no text (["${'x'.repeat(57)}…)`],
    ['a \ud83c', 'has a caption with half a character ("a \\ud83c")'],
  ]
  for (const [value, fault] of faults) assert.equal(readCaptions([value], '').faults, [fault])
  assert.equal(readCaptions([null, ''], 'lake').faults, [])
  assert.equal(readCaptions([3], 'lake').faults.length, 1)
  assert.equal(readCaptions(['a lake', ''], 'lake'), { captions: ['a lake'], faults: ['has an empty caption'] })
})

test('classes are texts or numbers, with all their digits', () => {
  const labels: readonly (readonly [unknown, string])[] = [
    ['', ''],
    [null, ''],
    [Number.NaN, ''],
    [' Lake ', 'Lake'],
    ['None', 'None'],
    [3, '3'],
    [3.5, '3.5'],
    ['3.0', '3'],
    [12_345_678_901_234_567_890n, '12345678901234567890'],
  ]
  for (const [value, label] of labels) assert.equal(readLabel(value), { label })
  const faults: readonly (readonly [unknown, string])[] = [
    [true, 'has a class that is no text and no number (true)'],
    [Infinity, 'has a class that is no text and no number (Infinity)'],
    [['a'], 'has a class that is no text and no number (["a"])'],
    ['nan', "has the word of a missing value, 'nan', as its class"],
    ['a \ud83c', 'has a class with half a character ("a \\ud83c")'],
  ]
  for (const [value, fault] of faults) assert.equal(readLabel(value), { fault })
})

test('JSON keeps the digits of integers, and names keys that stand twice and the lines of faults', () => {
  const text =
    '{"a": 12345678901234567890, "b": -0.1234567890123456, "c": [1e20, "\\"NaN: {", -Infinity], "d": {"a": NaN}}'
  assert.equal(parsePythonJson(text), {
    a: '12345678901234567890',
    b: -0.1234567890123456,
    c: [1e20, '"NaN: {', null],
    d: { a: null },
  })
  assert.equal(parsePythonJson('[{"a": 1}, {"a": 2}, [{"a": {"a": 9007199254740991}}]]'), [
    { a: 1 },
    { a: 2 },
    [{ a: { a: 9_007_199_254_740_991 } }],
  ])
  const faults: readonly (readonly [string, RegExp])[] = [
    ['{"a": 1,\n "b": {"a": 1},\n "a": 2}', /^the key "a" stands twice in one object \(line 3\)$/],
    ['{"\\u0061": 1, "a": 2}', /^the key "a" stands twice in one object \(line 1\)$/],
    ['{"a": 1,\n', /\(line 2\)$/],
    ['{"a":\n caf}', /\(line 2\)$/],
    ['{\n"a": [1,\n2}', /\(line 3\)$/],
    ['', /^Unexpected end of JSON input \(line 1\)$/],
  ]
  for (const [json, message] of faults) {
    const fault = (() => {
      try {
        return parsePythonJson(json)
      } catch (cause) {
        return cause
      }
    })()
    assert.instance(fault, SyntaxError)
    assert.match(fault instanceof SyntaxError ? fault.message : '', message)
  }
})

test.run()
