/** Learns the merges of a byte-level BPE (Sennrich et al., arXiv 1508.07909) with incremental pair counts. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { byteAlphabet, specialTokens, type TokenizerJson, tokenizerJson, wordPattern } from './tokenizer.ts'

interface TokenPair {
  readonly left: number
  readonly right: number
  count: number
  /** Words that hold the pair, or once held it. */
  readonly words: Set<number>
}

/**
 * Trains a tokenizer on captions. The vocabulary is smaller than asked for where no pair is left that occurs
 * twice. Ties go to the pair with the lower left, then the lower right id, so that the result depends on counts only.
 */
export function trainTokenizer(
  captions: Iterable<string>,
  { vocabSize }: { readonly vocabSize: number },
): TokenizerJson {
  const smallest = specialTokens.length + byteAlphabet.length
  if (vocabSize < smallest) {
    throw new UserFault(`A vocabulary of ${vocabSize} cannot hold ${smallest} special tokens and bytes`, {
      hint: 'raise vocab_size',
      place: 'vocab_size',
    })
  }
  const { words, counts } = countWords(captions)
  const tokens: string[] = [...specialTokens, ...byteAlphabet]
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const pairs = countPairs(words, counts)
  const queue = createQueue()
  for (const pair of pairs.values()) queue.push(pair, pair.count)

  const merges: [string, string][] = []
  while (tokens.length < vocabSize) {
    const best = queue.pop()
    if (best === undefined || best.count < 2) break
    const left = tokens[best.left] ?? ''
    const right = tokens[best.right] ?? ''
    // Two pairs can spell the same token; it keeps one id.
    const merged = ids.get(left + right) ?? tokens.push(left + right) - 1
    ids.set(left + right, merged)
    merges.push([left, right])
    const touched = new Set<TokenPair>()
    for (const index of best.words) {
      const word = words[index] ?? []
      const count = counts[index] ?? 0
      for (const [from, to] of neighbours(word)) changePair(pairs, { from, to, count: -count, index })
      mergeInPlace(word, best, merged)
      for (const [from, to] of neighbours(word)) touched.add(changePair(pairs, { from, to, count, index }))
    }
    // Pairs that only lost occurrences are put right when they come up.
    for (const pair of touched) if (pair.count > 0) queue.push(pair, pair.count)
  }
  return tokenizerJson(merges)
}

/** Distinct words as byte ids, with how often each occurs. */
function countWords(captions: Iterable<string>): { readonly words: number[][]; readonly counts: readonly number[] } {
  const counted = new Map<string, number>()
  for (const caption of captions) {
    for (const word of caption.match(wordPattern) ?? []) counted.set(word, (counted.get(word) ?? 0) + 1)
  }
  const utf8 = new TextEncoder()
  const words = [...counted.keys()].map(word => Array.from(utf8.encode(word), byte => specialTokens.length + byte))
  return { words, counts: [...counted.values()] }
}

function* neighbours(word: readonly number[]): Generator<readonly [number, number]> {
  for (let i = 0; i + 1 < word.length; i++) yield [word[i] ?? 0, word[i + 1] ?? 0]
}

function countPairs(words: readonly (readonly number[])[], counts: readonly number[]): Map<number, TokenPair> {
  const pairs = new Map<number, TokenPair>()
  for (const [index, word] of words.entries()) {
    for (const [from, to] of neighbours(word)) changePair(pairs, { from, to, count: counts[index] ?? 0, index })
  }
  return pairs
}

interface PairChange {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly index: number
}

function changePair(pairs: Map<number, TokenPair>, { from, to, count, index }: PairChange): TokenPair {
  const key = from * 2 ** 24 + to
  const pair = pairs.get(key) ?? { left: from, right: to, count: 0, words: new Set() }
  pairs.set(key, pair)
  pair.count += count
  if (count > 0) pair.words.add(index)
  return pair
}

function mergeInPlace(word: number[], { left, right }: TokenPair, merged: number): void {
  let write = 0
  for (let read = 0; read < word.length; write++) {
    const joins = word[read] === left && word[read + 1] === right
    word[write] = joins ? merged : (word[read] ?? 0)
    read += joins ? 2 : 1
  }
  word.length = write
}

/** Largest count first, then lowest ids. Entries whose count has changed since are re-queued or dropped when met. */
function createQueue() {
  const heap: { readonly pair: TokenPair; readonly count: number }[] = []
  const before = (a: number, b: number): boolean => {
    const [x, y] = [heap[a], heap[b]]
    if (x === undefined || y === undefined) return false
    if (x.count !== y.count) return x.count > y.count
    return x.pair.left !== y.pair.left ? x.pair.left < y.pair.left : x.pair.right < y.pair.right
  }
  const swap = (a: number, b: number) => {
    const [x, y] = [heap[a], heap[b]]
    if (x === undefined || y === undefined) return
    heap[a] = y
    heap[b] = x
  }
  const push = (pair: TokenPair, count: number) => {
    let at = heap.push({ pair, count }) - 1
    for (let up = (at - 1) >> 1; at > 0 && before(at, up); at = up, up = (at - 1) >> 1) swap(at, up)
  }
  const take = () => {
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    heap[0] = last
    for (let at = 0; ; ) {
      const child = before(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1
      if (!before(child, at)) return top
      swap(at, child)
      at = child
    }
  }
  const pop = (): TokenPair | undefined => {
    for (let top = take(); top !== undefined; top = take()) {
      if (top.count === top.pair.count) return top.pair
      if (top.count > top.pair.count && top.pair.count > 0) push(top.pair, top.pair.count)
    }
    return undefined
  }
  return { push, pop }
}
