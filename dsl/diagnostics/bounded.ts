/** Bounds of messages: an error of a library may quote megabytes. */

/** Bounds of a text. */
export interface Bounds {
  /** Characters at most. @default 2000 */
  readonly characters?: number
  /** Lines at most. @default 20 */
  readonly lines?: number
  /** The place that holds all of it, such as `the log`. @default none */
  readonly whole?: string
}

/** The text, or its beginning and how much was cut. */
export function boundedText(text: string, { characters = 2000, lines = 20, whole }: Bounds = {}): string {
  let end = Math.min(text.length, characters)
  let at = -1
  for (let line = 0; line < lines; line += 1) {
    at = text.indexOf('\n', at + 1)
    if (at === -1 || at >= end) break
    if (line === lines - 1) end = at
  }
  if (end === text.length) return text
  // No pair of surrogates is cut in two.
  const kept = text
    .slice(0, end)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd()
  const rest = (text.length - kept.length).toLocaleString('en')
  return `${kept} … (${rest} more characters${whole === undefined ? '' : `, see ${whole}`})`
}
