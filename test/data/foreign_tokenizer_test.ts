import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { foreignTokenizer } from '../../runtime/data/foreign_tokenizer.ts'
import { readTokenizer } from '../../runtime/data/read_tokenizer.ts'
import { byteAlphabet, loadTokenizer, tokenizerJson } from '../../runtime/data/tokenizer.ts'
import { clipTokenizer } from '../model/tiny_clip.ts'
import { inTempFolder } from '../support.ts'

const { vocab, merges } = clipTokenizer.model
const tokenizer = foreignTokenizer(clipTokenizer, 'tokenizer.json')
const [start, end] = [vocab['<|startoftext|>'], vocab['<|endoftext|>']]

/** OpenCLIP's SimpleTokenizer, but for its mending of broken text: lower-cased, cut by its pattern, merged by rank. */
function simpleTokenizer(text: string): number[] {
  const words = text.toLowerCase().match(/'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu) ?? []
  return words.flatMap(word => {
    const characters = Array.from(Buffer.from(word), byte => byteAlphabet[byte] ?? '')
    let parts = [...characters.slice(0, -1), `${characters.at(-1)}</w>`]
    for (;;) {
      const ranks = parts.slice(1).map((part, i) => merges.indexOf(`${parts[i]} ${part}`))
      const best = Math.min(...ranks.filter(rank => rank >= 0))
      if (!Number.isFinite(best)) break
      const [left, right] = merges[best]?.split(' ') ?? []
      const merged: string[] = []
      for (let i = 0; i < parts.length; i++) {
        const joins = parts[i] === left && parts[i + 1] === right
        merged.push(joins ? `${left}${right}` : (parts[i] ?? ''))
        if (joins) i++
      }
      parts = merged
    }
    return parts.map(part => (vocab as Record<string, number>)[part] ?? -1)
  })
}

test("gives the ids of OpenCLIP's tokenizer, for captions and for any text of letters, digits and signs", () => {
  for (const text of ['A photo of THE lake', "it's in  the\n12 lakes!", 'naïve café', '砂漠 of sand'])
    assert.equal(tokenizer.encode(text), simpleTokenizer(text), text)
  const characters = fc.constantFrom(...'abehiklmnost LAKE0123456789.,!?\'"-ée漠 \n')
  fc.assert(
    fc.property(fc.string({ unit: characters, maxLength: 40 }), text => {
      assert.equal(tokenizer.encode(text), simpleTokenizer(text.normalize('NFC')))
    }),
    { seed: 3, numRuns: 500 },
  )
})

test('frames texts as OpenCLIP does: begin, what fits, end, then zeros', () => {
  const ids = tokenizer.encode('the lake')
  const rows = tokenizer.encodeBatch(['the lake', 'the lake of the lake of the lake', ''], { contextLength: 6 })
  assert.equal([...rows.slice(0, 6)], [start, ...ids, end, 0, 0])
  assert.is(rows[11], end)
  assert.equal([...rows.slice(12)], [start, end, 0, 0, 0, 0])
})

test('decodes words with blanks between, and neither begin nor end', () => {
  assert.is(tokenizer.decode([start ?? 0, ...tokenizer.encode('The LAKE of señor'), end ?? 0]), 'the lake of señor')
})

test('refuses a tokenizer without the tokens that frame a text, or whose end token is not the highest', () => {
  assert.throws(
    () =>
      foreignTokenizer(
        { ...clipTokenizer, model: { ...clipTokenizer.model, vocab: { a: 0 } }, added_tokens: [] },
        'x.json',
      ),
    /"x\.json" has no token that begins a text/,
  )
  const higher = { ...clipTokenizer.model, vocab: { ...vocab, zebra: 9999 } }
  assert.throws(() => foreignTokenizer({ ...clipTokenizer, model: higher }, 'x.json'), /and 9999 is higher/)
})

test('a file whose vocabulary or merges are damaged is named with what is wrong', () =>
  inTempFolder(async folder => {
    const file = join(folder, 'tokenizer.json')
    const read = async (content: string | Uint8Array) => {
      await writeFile(file, content)
      return readTokenizer(file).then(
        () => 'read',
        (fault: unknown) => (fault instanceof DataFault ? fault.message.replace(file, 'FILE') : `${fault}`),
      )
    }
    const own = tokenizerJson([['a', 'b']])
    for (const json of [clipTokenizer, own]) {
      const changed = (model: object) => read(JSON.stringify({ ...json, model: { ...json.model, ...model } }))
      assert.is(await changed({}), 'read')
      assert.match(
        await changed({ vocab: { ...json.model.vocab, zebra: 1.5 } }),
        /^"FILE" gives its token "zebra" the id 1\.5/,
      )
      assert.match(
        await changed({ vocab: { ...json.model.vocab, zebra: 5 } }),
        /^"FILE" gives its tokens ".+" and "zebra" the same id 5/,
      )
      assert.match(
        await changed({ merges: [['a', 'b', 'c']] }),
        /^"FILE" has a merge that is no pair of tokens: \["a","b","c"\]/,
      )
      assert.match(await changed({ merges: null }), /^"FILE" has no list of merges/)
    }
    const older = { ...own, model: { ...own.model, merges: ['a b'] } }
    await writeFile(file, JSON.stringify(older))
    assert.equal((await readTokenizer(file)).encode('abc'), loadTokenizer(own).encode('abc'))
    const latin = Buffer.from(JSON.stringify({ note: 'café', ...own }), 'latin1')
    assert.match(await read(latin), /^"FILE" is not UTF-8: byte 0xe9 in line 1; save it as UTF-8/)
    assert.match(await read('{"model":'), /^"FILE" is no byte-level BPE tokenizer in Hugging Face's form: .*JSON/)
  }))

test('ids, merges and added tokens that contradict the vocabulary are named', () =>
  inTempFolder(async folder => {
    const { model, added_tokens } = clipTokenizer
    const file = join(folder, 't.json')
    const [first] = added_tokens
    const changes: readonly (readonly [object, RegExp])[] = [
      [
        { model: { ...model, merges: [...model.merges, 'qqq zzz'] } },
        /merges "qqq" and "zzz", and "qqq" is no token of/,
      ],
      [{ added_tokens: undefined }, /has no list of added_tokens/],
      [{ added_tokens: [{ ...first, content: 3 }] }, /has an added token without a text: \{/],
      [{ added_tokens: [{ ...first, id: '7' }] }, /gives its token "<\|startoftext\|>" the id "7"/],
      [{ added_tokens: [{ ...first, id: 5 }] }, /gives its tokens ".*" and "<\|startoftext\|>" the same id 5/],
      [{ added_tokens: [{ ...first, id: 9000 }] }, /gives its token "<\|startoftext\|>" the ids \d+ and 9000/],
    ]
    for (const [change, message] of changes) {
      await writeFile(file, JSON.stringify({ ...clipTokenizer, ...change }))
      const fault = await readTokenizer(file).catch(error => error)
      assert.instance(fault, DataFault)
      assert.match(fault instanceof Error ? fault.message : '', message)
    }
    const text = JSON.stringify(clipTokenizer).replace('"vocab":{', '"vocab":{"a":7,')
    await writeFile(file, text)
    assert.match(await readTokenizer(file).catch(error => error.message), /the key "a" stands twice in one object/)
  }))

test.run()
