/** Captions and classes as the readers of sources find them: texts, or the reason why a value is none. */

/** Words that programs write where a value is missing. */
const missingWords: readonly string[] = ['nan', 'NaN', 'NaT', '<NA>', 'NULL', 'null', '#N/A']
const missingCaptions: readonly string[] = [...missingWords, 'None', 'N/A']

/** Tests if a cell holds nothing. */
const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || Number.isNaN(value) || (typeof value === 'string' && value.trim() === '')

/** Captions, and the faults of the others as clauses that follow the name of the item: `has an empty caption`. */
export interface FoundCaptions {
  readonly captions: readonly string[]
  readonly faults: readonly string[]
}

/** Reads the captions of one image. A class is enough for an image without captions: then empty ones are no fault. */
export function readCaptions(values: readonly unknown[], label: string): FoundCaptions {
  const captions: string[] = []
  const faults: string[] = []
  let empty = 0
  for (const value of values) {
    if (isEmpty(value)) empty += 1
    else if (typeof value !== 'string') faults.push(`has a caption that is no text (${shown(value)})`)
    else if (missingCaptions.includes(value.trim()))
      faults.push(`has the word of a missing value, '${value.trim()}', as a caption`)
    else if (isBroken(value)) faults.push(`has a caption with half a character (${shown(value)})`)
    else captions.push(value.trim())
  }
  if (captions.length > 0 || label === '') faults.push(...Array.from({ length: empty }, () => 'has an empty caption'))
  return { captions, faults }
}

/**
 * Reads a class, empty where there is none, or gives the fault as a clause that follows the name of the item. A number is
 * the class of its digits: `3.0`, as tables with gaps have it, is `3`.
 */
export function readLabel(value: unknown): { readonly label: string } | { readonly fault: string } {
  if (isEmpty(value)) return { label: '' }
  const isNumber = typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))
  if (typeof value !== 'string' && !isNumber)
    return { fault: `has a class that is no text and no number (${shown(value)})` }
  const label = String(value).trim()
  if (missingWords.includes(label)) return { fault: `has the word of a missing value, '${label}', as its class` }
  if (isBroken(label)) return { fault: `has a class with half a character (${shown(label)})` }
  return { label: label.replace(/^(-?[0-9]+)\.0+$/, '$1') }
}

/** True if a text holds a half of a character that is coded by two. */
const isBroken = (text: string): boolean => /\p{Surrogate}/u.test(text)

/** A value in a message. */
function shown(value: unknown): string {
  const text =
    typeof value === 'bigint' || typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
