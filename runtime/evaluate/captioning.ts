/** Scores of captions against reference captions (docs/protocol.md). */
import { l as rougeL } from 'js-rouge'
import type { Contributions } from './intervals.ts'
import { collectUnits } from './unit_sums.ts'

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

/** ROUGE-L, also with images mixed up, and words, as means over images. */
export function captionContributions(
  { rougeL, shuffled }: CaptionScores,
  { units, words }: { readonly units: readonly string[]; readonly words: readonly number[] },
): Contributions {
  const collector = collectUnits(4)
  for (const [image, unit] of units.entries())
    for (const [part, value] of [1, rougeL[image], shuffled[image], words[image]].entries())
      collector.add(unit, part, value ?? 0)
  return {
    sums: collector.finish(),
    measures: ([images = 0, rouge = 0, mixed = 0, count = 0]) => ({
      rouge_l: (100 * rouge) / images,
      shuffled_rouge_l: (100 * mixed) / images,
      words: count / images,
    }),
    most: { rouge_l: 100, shuffled_rouge_l: 100 },
  }
}

/** Number of words of a caption. */
export const wordCount = (caption: string): number => wordsOf(caption).length
