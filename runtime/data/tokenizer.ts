/** Byte-level BPE: the Hugging Face `tokenizer.json` form, encoding and decoding. */
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord } from '../../dsl/values/json.ts'

/** Special tokens; the position is the id. */
export const specialTokens = ['<pad>', '<start>', '<end>'] as const
/** Id of `<pad>`. */
export const padId = 0
/** Id of `<start>`. */
export const startId = 1
/** Id of `<end>`. */
export const endId = 2

/** GPT-2's pre-tokenisation: contractions, words, numbers and the rest, each with the space before it. */
export const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu

/** Printable character of each byte, as in GPT-2: visible Latin-1 stands for itself, the rest follows from U+0100. */
export const byteAlphabet: readonly string[] = (() => {
  let next = 0x100
  const visible = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173)
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(visible(byte) ? byte : next++))
})()

/** The parts of a `tokenizer.json` that this project writes; other libraries read it as it is. */
export interface TokenizerJson {
  readonly version: '1.0'
  readonly truncation: null
  readonly padding: null
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special: true }[]
  readonly normalizer: null
  readonly pre_tokenizer: { readonly type: 'ByteLevel'; readonly [option: string]: unknown }
  readonly post_processor: { readonly type: 'TemplateProcessing'; readonly [option: string]: unknown }
  readonly decoder: { readonly type: 'ByteLevel'; readonly [option: string]: unknown }
  readonly model: {
    readonly type: 'BPE'
    readonly vocab: { readonly [token: string]: number }
    /** Pairs to join, the earliest first. */
    readonly merges: readonly (readonly [string, string])[]
    readonly [option: string]: unknown
  }
}

/** Text to ids and back. Special tokens are never read out of a text: a caption cannot end a sequence. */
export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number
  /** Ids of a text, without special tokens. */
  encode(text: string): number[]
  /** Text of ids; special tokens give nothing. Bytes cut inside a character become U+FFFD. */
  decode(ids: Iterable<number>): string
  /** The token as it stands in the vocabulary. */
  token(id: number): string
  /** `[texts, contextLength]`, row-major: start, ids cut to fit, end, then padding. */
  encodeBatch(texts: readonly string[], options: { readonly contextLength: number }): Int32Array
}

/** Makes the tokenizer of a `tokenizer.json`. */
export function loadTokenizer(json: TokenizerJson): Tokenizer {
  const ids = new Map(Object.entries(json.model.vocab))
  const tokens: string[] = [...specialTokens]
  for (const [token, id] of ids) tokens[id] = token
  const size = tokens.length
  const idOf = (token: string): number => {
    const id = ids.get(token)
    if (id === undefined)
      throw new DataFault(`The tokenizer's vocabulary lacks "${token}", which its merges need`, { item: token })
    return id
  }
  const byteIds = byteAlphabet.map(idOf)
  const byteOf = new Map(byteAlphabet.map((character, byte) => [character, byte]))
  // Pair `left * size + right` to its rank and result.
  const merges = new Map(
    json.model.merges.map(([left, right], rank) => [idOf(left) * size + idOf(right), { rank, id: idOf(left + right) }]),
  )
  const utf8 = new TextEncoder()
  const cache = new Map<string, readonly number[]>()

  const encodeWord = (word: string): readonly number[] => {
    const known = cache.get(word)
    if (known !== undefined) return known
    const parts = Array.from(utf8.encode(word), byte => byteIds[byte] ?? 0)
    for (;;) {
      let at = -1
      let best = { rank: Number.POSITIVE_INFINITY, id: 0 }
      for (let i = 0; i + 1 < parts.length; i++) {
        const merge = merges.get((parts[i] ?? 0) * size + (parts[i + 1] ?? 0))
        if (merge !== undefined && merge.rank < best.rank) {
          best = merge
          at = i
        }
      }
      if (at < 0) break
      parts.splice(at, 2, best.id)
    }
    if (cache.size < 100_000) cache.set(word, parts)
    return parts
  }

  const encode = (text: string): number[] => (text.match(wordPattern) ?? []).flatMap(encodeWord)
  const token = (id: number): string => {
    const found = tokens[id]
    if (found === undefined) throw new Error(`Token id ${id} is outside the vocabulary of ${size}`)
    return found
  }
  return {
    vocabSize: size,
    encode,
    token,
    decode(sequence) {
      const bytes: number[] = []
      for (const id of sequence) {
        if (id < specialTokens.length) continue
        for (const character of token(id)) bytes.push(byteOf.get(character) ?? 0)
      }
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
    },
    encodeBatch(texts, { contextLength }) {
      const rows = new Int32Array(texts.length * contextLength).fill(padId)
      for (const [row, text] of texts.entries()) {
        rows.set([startId, ...encode(text).slice(0, contextLength - 2), endId], row * contextLength)
      }
      return rows
    },
  }
}

/** The `tokenizer.json` of merges over the byte alphabet: ids are special tokens, bytes, then merges in order. */
export function tokenizerJson(merges: readonly (readonly [string, string])[]): TokenizerJson {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: true } as const
  const piece = (id: string) => ({ SpecialToken: { id, type_id: 0 } })
  const sequence = (id: string) => ({ Sequence: { id, type_id: 0 } })
  const entry = (id: number) => {
    const token = specialTokens[id] ?? ''
    return [token, { id: token, ids: [id], tokens: [token] }] as const
  }
  const vocab = [...new Set([...specialTokens, ...byteAlphabet, ...merges.map(([left, right]) => left + right)])]
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true } as const
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: {
      type: 'TemplateProcessing',
      single: [piece('<start>'), sequence('A'), piece('<end>')],
      pair: [piece('<start>'), sequence('A'), sequence('B'), piece('<end>')],
      special_tokens: Object.fromEntries([entry(startId), entry(endId)]),
    },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
      merges,
    },
  }
}

/** True if a value is a `tokenizer.json` as this project writes it. */
export function isTokenizerJson(value: unknown): value is TokenizerJson {
  if (!isRecord(value) || !isRecord(value.model) || !isRecord(value.pre_tokenizer)) return false
  const { type, vocab, merges } = value.model
  if (value.pre_tokenizer.type !== 'ByteLevel' || type !== 'BPE' || !isRecord(vocab) || !Array.isArray(merges))
    return false
  const ids = new Map<string, unknown>(Object.entries(vocab))
  return specialTokens.every((token, id) => ids.get(token) === id)
}
