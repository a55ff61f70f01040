import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'

test('the same seed and name give the same numbers; another seed or name gives others', () => {
  const numbers = (seed: number, name: string) => {
    const random = createRandom(seed, name)
    return Array.from({ length: 4 }, random.next)
  }
  assert.equal(numbers(1, 'a'), numbers(1, 'a'))
  assert.is.not(numbers(1, 'a')[0], numbers(2, 'a')[0])
  assert.is.not(numbers(1, 'a')[0], numbers(1, 'b')[0])
})

test('a stream goes on from any position', () => {
  const random = createRandom(1, 'a')
  random.next()
  const position = random.position()
  const expected = [random.next(), random.next()]
  const other = createRandom(1, 'a')
  other.seek(position)
  assert.equal([other.next(), other.next()], expected)
})

test('a shuffled list holds the same items, and the list itself stays', () => {
  const items = [undefined, 0, '', 'a', null]
  const shuffled = createRandom(3, 'shuffle').shuffle(items)
  assert.equal(items, [undefined, 0, '', 'a', null])
  assert.equal(new Set(shuffled), new Set(items))
  assert.is(shuffled.length, items.length)
})

test('every order is as likely as any other', () => {
  const random = createRandom(4, 'orders')
  const counts = new Map<string, number>()
  const rounds = 24_000
  for (let round = 0; round < rounds; round++) {
    const order = random.shuffle(['a', 'b', 'c', 'd']).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  assert.is(counts.size, 24)
  // Five standard deviations of a count around 1000.
  for (const [order, count] of counts) assert.ok(Math.abs(count - rounds / 24) < 155, `${order} came ${count} times`)
})

test.run()
