/** Cheap rules on alt text and image. */

/** Limits, as {@link RulesFilter} of `dsl/recipe.ts` describes them. */
export interface Rules {
  readonly minWords: number
  readonly maxWords: number
  readonly blockedWords: readonly string[]
  /** Pixels. */
  readonly minSide: number
  readonly maxAspect: number
  /** Standard deviation of grey values from 0 to 255. */
  readonly minContrast: number
}

/** Facts of an image that the rules check. */
export interface RuleFacts {
  readonly width: number
  readonly height: number
  /** Standard deviation of grey values from 0 to 255. */
  readonly contrast: number
}

/** The rule an image breaks, in a few words, or undefined. */
export function brokenImageRule({ width, height, contrast }: RuleFacts, rules: Rules): string | undefined {
  const [short, long] = width < height ? [width, height] : [height, width]
  if (short < rules.minSide) return 'image too small'
  if (long > short * rules.maxAspect) return 'image too long'
  if (contrast < rules.minContrast) return 'image blank'
  return undefined
}

/** The rule a text breaks, in a few words, or undefined. Words are runs of letters and digits; case is ignored. */
export function brokenTextRule(text: string, rules: Rules): string | undefined {
  const words = wordsOf(text)
  if (words.length < rules.minWords) return 'text too short'
  if (words.length > rules.maxWords) return 'text too long'
  const blocked = blockedWordIn(words, rules)
  return blocked === undefined ? undefined : `blocked word "${blocked}"`
}

/** The first blocked word, or run of words, among the words of a text. */
export function blockedWordIn(words: readonly string[], { blockedWords }: Rules): string | undefined {
  const spaced = ` ${words.join(' ')} `
  return blockedWords.find(word => spaced.includes(` ${wordsOf(word).join(' ')} `))
}

/** Lower-cased runs of letters, marks and digits; an apostrophe inside a word belongs to it. */
export const wordsOf = (text: string): readonly string[] =>
  text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’]*/gu) ?? []

/** Standard deviation of the grey values of interleaved RGB pixels. */
export function greyContrast(rgb: Uint8Array): number {
  let sum = 0
  let squares = 0
  for (let i = 0; i < rgb.length; i += 3) {
    const grey = 0.299 * (rgb[i] ?? 0) + 0.587 * (rgb[i + 1] ?? 0) + 0.114 * (rgb[i + 2] ?? 0)
    sum += grey
    squares += grey * grey
  }
  const count = rgb.length / 3
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2))
}
