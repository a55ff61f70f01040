import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isQuantity, parseQuantity, printDelta, printQuantity } from '../../dsl/values/quantities.ts'

test('quantities are printed in the largest unit that says them shortly', () => {
  const printed = [12_000, 1_500_000, 1234, 0, 2_000_000_000].map(value => printQuantity(value, 'Count'))
  assert.equal(printed, ['12k', '1.5M', '1234', '0', '2G'])
  assert.equal(
    [150_000, 500, 1_250_000].map(value => printQuantity(value, 'Distance')),
    ['150km', '500m', '1250km'],
  )
  assert.equal(
    [30, 60, 90, 5400].map(value => printQuantity(value, 'Duration')),
    ['30s', '1m', '1.5m', '1.5h'],
  )
  assert.is(printQuantity(0.1 + 0.2), '0.3')
})

test('differences come with their unit and their ratio', () => {
  assert.is(printDelta(30, 60, 'Duration'), '+30s, x2')
  assert.is(printDelta(36_000, 48_000, 'Count'), '+12k, x1.33')
  assert.is(printDelta(0, 150_000, 'Distance'), '+150km')
  assert.is(printDelta(3, 2), '-1, x0.667')
})

test('of fractions the ratio says it, of shares the difference', () => {
  assert.is(printDelta(0.002, 0.001), 'x0.5')
  assert.is(printDelta(0.15, 0.2, 'Share'), '+0.05')
})

test('spellings are read in metres, seconds and bytes; counts and bytes are whole', () => {
  const read = [
    parseQuantity('1.5M', 'Count'),
    parseQuantity('0.0004k', 'Count'),
    parseQuantity('1.25km', 'Distance'),
    parseQuantity('1.5h', 'Duration'),
    parseQuantity('0.5m', 'Duration'),
    parseQuantity('1.5GiB', 'Bytes'),
  ]
  assert.equal(read, [1_500_000, 0, 1250, 5400, 30, 1.5 * 2 ** 30])
})

test('names of other definitions are no quantities, those of every object included', () => {
  assert.equal(['Bytes', 'Share', 'toString', undefined].map(isQuantity), [true, false, false, false])
})

test.run()
