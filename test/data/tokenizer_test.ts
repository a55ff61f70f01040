import { Tokenizer as HuggingFace } from '@huggingface/tokenizers'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { trainTokenizer } from '../../runtime/data/bpe.ts'
import { endId, loadTokenizer, padId, specialTokens, startId } from '../../runtime/data/tokenizer.ts'

const kinds = ['lake', 'desert', 'river delta', 'island', 'mountain range', "gulf's coast", 'Île d’Orléans', '砂漠']
const captions = Array.from({ length: 400 }, (_, i) => {
  const [a, b] = [kinds[i % kinds.length], kinds[(i * 7 + 3) % kinds.length]]
  return `A satellite view of a ${a} near the ${b}, ${i * 13} km wide.  It's ${i % 3 ? 'dry' : 'wet'}\tthere.`
})
const json = trainTokenizer(captions, { vocabSize: 400 })
const tokenizer = loadTokenizer(json)
const peer = new HuggingFace(json, { clean_up_tokenization_spaces: false })
const anyText = fc.string({ unit: 'binary', maxLength: 60 })
const named = (text: string) => specialTokens.some(token => text.includes(token))

test('merges the most frequent pair first, and of equals the one with the lowest ids', () => {
  assert.equal(trainTokenizer(['ba ba ba'], { vocabSize: 261 }).model.merges, [
    ['b', 'a'],
    ['Ġ', 'ba'],
  ])
  assert.equal(trainTokenizer(['cd', 'ab', 'cd', 'ab'], { vocabSize: 261 }).model.merges, [
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('counts overlapping repeats by what merging leaves', () => {
  const { merges } = trainTokenizer(['aaaa', 'aaaa'], { vocabSize: 300 }).model
  assert.equal(merges, [
    ['a', 'a'],
    ['aa', 'aa'],
  ])
})

test('gives the merges that counting anew after each merge gives', () => {
  const slow = slowMerges(captions.slice(0, 60), 120)
  assert.equal(trainTokenizer(captions.slice(0, 60), { vocabSize: 259 + 120 }).model.merges, slow)
})

test('is the same for captions in another order', () => {
  assert.equal(JSON.stringify(trainTokenizer([...captions].reverse(), { vocabSize: 400 })), JSON.stringify(json))
})

test('keeps the special tokens at 0, 1 and 2 and the vocabulary dense', () => {
  assert.equal(tokenizer.vocabSize, 400)
  assert.equal(
    Object.values(json.model.vocab).sort((a, b) => a - b),
    Array.from({ length: 400 }, (_, i) => i),
  )
  assert.equal(
    specialTokens.map(token => json.model.vocab[token]),
    [padId, startId, endId],
  )
})

test('gives the ids that Hugging Face tokenizers give, for captions', () => {
  for (const text of captions)
    assert.equal(tokenizer.encode(text), peer.encode(text, { add_special_tokens: false }).ids)
})

test('gives the ids that Hugging Face tokenizers give, and round-trips, for any text', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme' }), fc.lorem()), text => {
      const ids = tokenizer.encode(text)
      assert.is(tokenizer.decode(ids), text)
      if (!named(text)) assert.equal(ids, peer.encode(text, { add_special_tokens: false }).ids)
    }),
    { seed: 7, numRuns: 500 },
  )
})

test('keeps a byte order mark and reads no special token out of a text', () => {
  for (const text of ['\ufefflake', 'a <end> of <pad>']) assert.is(tokenizer.decode(tokenizer.encode(text)), text)
  assert.not.ok(tokenizer.encode('a <end>').includes(endId))
})

test('frames a batch with start and end, cuts what is too long and pads the rest', () => {
  const long = captions[0] ?? ''
  const rows = tokenizer.encodeBatch(['lake', long, ''], { contextLength: 6 })
  const ids = tokenizer.encode('lake')
  assert.equal([...rows.slice(0, 6)], [startId, ...ids, endId, padId, padId, padId, padId].slice(0, 6))
  assert.equal([...rows.slice(6, 12)], [startId, ...tokenizer.encode(long).slice(0, 4), endId])
  assert.equal([...rows.slice(12)], [startId, endId, padId, padId, padId, padId])
  const whole = tokenizer.encodeBatch([long], { contextLength: 64 })
  assert.equal(
    [...whole].filter(id => id !== padId),
    peer.encode(long).ids,
  )
})

test('refuses a vocabulary that cannot hold the bytes', () => {
  assert.throws(() => trainTokenizer(captions, { vocabSize: 100 }), /vocabulary of 100 cannot hold 259/)
})

/** The textbook trainer: all pairs counted anew for every merge. */
function slowMerges(texts: readonly string[], count: number): [string, string][] {
  const pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu
  const alphabet = Object.entries(json.model.vocab).filter(([, id]) => id >= 3 && id < 259)
  const characters = alphabet.sort((a, b) => a[1] - b[1]).map(([token]) => token)
  const ids = new Map(characters.map((token, i) => [token, i]))
  let words = texts.flatMap(text =>
    (text.match(pattern) ?? []).map(word => Array.from(Buffer.from(word), byte => characters[byte] ?? '')),
  )
  const merges: [string, string][] = []
  while (merges.length < count) {
    const pairs = new Map<string, { a: string; b: string; n: number }>()
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const [a, b] = [word[i] ?? '', word[i + 1] ?? '']
        const pair = pairs.get(`${a} ${b}`) ?? { a, b, n: 0 }
        pair.n++
        pairs.set(`${a} ${b}`, pair)
      }
    }
    const id = (token: string) => ids.get(token) ?? -1
    const best = [...pairs.values()].sort((x, y) => y.n - x.n || id(x.a) - id(y.a) || id(x.b) - id(y.b))[0]
    if (best === undefined || best.n < 2) break
    ids.set(best.a + best.b, 256 + merges.length)
    merges.push([best.a, best.b])
    words = words.map(word => {
      const out: string[] = []
      for (let i = 0; i < word.length; i++) {
        if (word[i] === best.a && word[i + 1] === best.b) {
          out.push(best.a + best.b)
          i++
        } else out.push(word[i] ?? '')
      }
      return out
    })
  }
  return merges
}

test.run()
