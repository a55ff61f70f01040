/** Scores of captions against reference captions (docs/protocol.md). */
import { l as rougeL } from 'js-rouge'
import { type BootstrapOptions, bootstrap, type Interval } from './bootstrap.ts'
import { mean } from './percent.ts'

/** Scores of captions. */
export interface CaptionScores {
  /** ROUGE-L of each caption: [captions], 0 to 1. */
  readonly rougeL: readonly number[]
  /** ROUGE-L of each caption against the references of the next image, as a baseline. */
  readonly shuffled: readonly number[]
}

/** Words in lower case, without punctuation. */
const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+(?:['-][\p{L}\p{N}]+)*/gu) ?? []

/**
 * ROUGE-L of a caption: the F-measure of the longest common subsequence of words, recall counting beta squared = 1.44
 * times as much as precision, with the reference that gives the most. 0 where either has no word.
 */
function score(caption: string, references: readonly string[]): number {
  const scores = references.map(reference =>
    wordsOf(caption).length === 0 || wordsOf(reference).length === 0
      ? 0
      : rougeL(caption, reference, { beta: 1.2, tokenizer: wordsOf, segmenter: text => [text] }),
  )
  return Math.max(0, ...scores)
}

/** Scores captions against the references of each. */
export function scoreCaptions(captions: readonly string[], references: readonly (readonly string[])[]): CaptionScores {
  if (captions.length !== references.length)
    throw new Error(`${captions.length} captions have references of ${references.length} images`)
  return {
    rougeL: captions.map((caption, image) => score(caption, references[image] ?? [])),
    shuffled: captions.map((caption, image) => score(caption, references[(image + 1) % references.length] ?? [])),
  }
}

/** Bootstrap interval of the mean score, over images. */
export function meanInterval(scores: readonly number[], options: BootstrapOptions): Interval {
  const measure = (drawn: Int32Array) => [mean(Array.from(drawn, image => scores[image] ?? 0))]
  return bootstrap(scores.length, measure, options)[0] ?? { low: 0, high: 0 }
}

/** Number of words of a caption. */
export const wordCount = (caption: string): number => wordsOf(caption).length
