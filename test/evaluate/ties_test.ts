import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { TieRule } from '../../dsl/recipe/ties.ts'
import { createRandom } from '../../runtime/data/random.ts'
import { recallsOf, retrieval } from '../../runtime/evaluate/retrieval.ts'
import { type Gallery, retrievalCeiling, retrievalChance } from '../../runtime/evaluate/retrieval_bounds.ts'
import { hitShare, tieRules } from '../../runtime/evaluate/ties.ts'
import { sharedPath, testWithShared } from '../support.ts'
import { apart, ownersOf, permutations, permutedRecalls } from './oracle.ts'

const near = (actual: number, expected: number, most = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) < most, `${actual}, not ${expected}`)

test('the share of hits is that over all permutations of the items', () => {
  for (let above = 0; above < 3; above++)
    for (let tied = 0; tied < 4; tied++)
      for (let own = 1; own < 3; own++) {
        // Higher foreign items stand first, lower own ones last; the others share a score.
        const equal = [...new Array<boolean>(tied).fill(false), ...new Array<boolean>(own).fill(true)]
        const orders = permutations(equal).map(order => [...new Array<boolean>(above).fill(false), ...order, true])
        for (let depth = 1; depth < 8; depth++) {
          const hits = orders.map(order => order.slice(0, depth).includes(true) && depth <= above + tied + own)
          const all = depth > above + tied + own ? orders.map(() => true) : hits
          const of = (rule: TieRule) => hitShare({ above, tied, own }, depth, rule)
          near(of('expected'), all.filter(Boolean).length / orders.length)
          assert.is(of('for'), all.some(Boolean) ? 1 : 0)
          assert.is(of('against'), all.every(Boolean) ? 1 : 0)
        }
      }
})

/** Small galleries of embeddings that often are equal. */
const small = fc
  .array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
  .filter(captions => captions.reduce((sum, count) => sum + count, 0) < 7)
  .chain(captions => {
    const rows = (count: number) =>
      fc.array(fc.constantFrom(-1, 1), { minLength: 4 * count, maxLength: 4 * count }).map(v => Float32Array.from(v))
    const texts = captions.reduce((sum, count) => sum + count, 0)
    return fc.record({ owner: fc.constant(ownersOf(captions)), images: rows(captions.length), texts: rows(texts) })
  })

test('recalls in expectation are the mean over all permutations of the gallery', () =>
  fc.assert(
    fc.asyncProperty(small, async input => {
      const ranks = await retrieval({ ...input, dim: 4 }, { threads: 1 })
      const expected = permutedRecalls({ ...input, dim: 4 }, [1, 5, 10])
      const { mean_recall: _, ...six } = recallsOf(ranks, 'expected')
      for (const [at, recall] of Object.values(six).entries()) near(recall, 100 * (expected[at] ?? 0), 0.0051)
    }),
    { numRuns: 60, seed: 4 },
  ))

test('the rules are in order, and are one where nothing ties', () =>
  fc.assert(
    fc.property(fc.nat(12), fc.nat(12), fc.integer({ min: 1, max: 5 }), fc.nat(14), (above, tied, own, depth) => {
      const [expected = 0, against = 0, most = 0] = tieRules.map(rule => hitShare({ above, tied, own }, depth, rule))
      assert.ok(against <= expected && expected <= most)
      if (tied === 0) assert.is(against, most)
      assert.ok(expected <= hitShare({ above, tied, own }, depth + 1, 'expected'))
    }),
    { numRuns: 300, seed: 5 },
  ))

/** Four images: two share a caption, one has it twice, one has none in common with others. */
const shared: Gallery = {
  images: 4,
  texts: ['lake', 'a lake', 'lake', 'hut', 'lake', 'lake', 'port', 'port', 'ship'],
  owner: Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 3),
}

test('chance is that of random scores, of which equal captions have the same', () => {
  const random = createRandom(3, 'chance')
  const hits = new Map(tieRules.map(rule => [rule, [0, 0]]))
  const rounds = 40_000
  for (let round = 0; round < rounds; round++) {
    const scores = new Map([...new Set(shared.texts)].map(text => [text, random.next()]))
    for (let image = 0; image < shared.images; image++) {
      const items = shared.texts.map((text, at) => ({ score: scores.get(text) ?? 0, own: shared.owner[at] === image }))
      const best = Math.max(...items.map(({ score, own }) => (own ? score : 0)))
      const standing = {
        above: items.filter(({ score }) => score > best).length,
        tied: items.filter(({ score, own }) => score === best && !own).length,
        own: items.filter(({ score, own }) => score === best && own).length,
      }
      for (const [rule, sums] of hits)
        for (const [at, depth] of [1, 5].entries())
          sums[at] = (sums[at] ?? 0) + hitShare(standing, depth, rule) / (rounds * shared.images)
    }
  }
  for (const [rule, [first = 0, fifth = 0]] of hits) {
    const chance = retrievalChance(shared, rule)
    // The standard error is below 0.13 points.
    near(chance.i2t_r1, 100 * first, 0.5)
    near(chance.i2t_r5, 100 * fifth, 0.5)
    near(chance.t2i_r1, 25)
  }
})

test('without equal captions every rule has the same chance, and everything is possible', () => {
  const gallery = apart([1, 2, 5, 5, 3])
  const [expected, against, most] = tieRules.map(rule => retrievalChance(gallery, rule))
  assert.equal([against, most], [expected, expected])
  assert.is(retrievalCeiling(gallery, 'against').mean_recall, 100)
})

test('equal captions leave as much possible as the rule counts', () => {
  const of = (rule: TieRule) => retrievalCeiling(shared, rule)
  // The first, second and fourth image have a caption of their own; the third shares its one with two others.
  assert.is(of('against').i2t_r1, 75)
  assert.is(of('expected').i2t_r1, 87.5)
  assert.is(of('for').i2t_r1, 100)
  assert.is(of('against').i2t_r5, 100)
  // Of four captions 'lake' two belong to the image that comes first, of the others all.
  near(of('expected').t2i_r1, (100 * 7) / 9)
  near(of('for').t2i_r5, 100)
})

testWithShared(test, 'data/ucm_captions', 'equal captions of UCM leave a quarter of R@1 possible', async () => {
  const { images } = JSON.parse(await readFile(sharedPath('data/ucm_captions/dataset.json'), 'utf8')) as {
    readonly images: readonly { readonly split: string; readonly sentences: readonly { readonly raw: string }[] }[]
  }
  const captions = images
    .filter(({ split }) => split === 'test')
    .map(({ sentences }) => sentences.map(({ raw }) => raw))
  const texts = captions.flat()
  assert.equal([captions.length, texts.length, new Set(texts).size], [210, 1050, 377])
  const owner = ownersOf(captions.map(list => list.length))
  const of = (rule: TieRule) => retrievalCeiling({ images: 210, texts, owner }, rule).i2t_r1
  near(of('against'), (100 * 55) / 210)
  assert.ok(of('expected') > of('against') && of('expected') < of('for'), String(of('expected')))
  assert.is(of('for'), 100)
})

test.run()
