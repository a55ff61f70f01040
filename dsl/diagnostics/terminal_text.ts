/**
 * Text for terminals. What others wrote (names of files, captions, recipes, errors of libraries) may hold control
 * sequences, and characters that reorder text or hide in it: each becomes a visible character. Colours that terroir sets
 * carry a secret of this process, by which they are told from those in the text of others.
 */
import { randomInt } from 'node:crypto'
import { inspect } from 'node:util'

/** A colour or a style, as Node names it. */
export type TextColour = 'red' | 'yellow' | 'green' | 'cyan' | 'gray' | 'bold' | 'dim'

/** Parameters of a control sequence that no terminal sees and that no text of others can know. */
const secret = [1, 2, 3].map(() => randomInt(1000, 10_000)).join(';')
const ownSequence = new RegExp(`\\x1b\\[${secret};(\\d+m)`, 'g')

/** Control characters but tab and line feed, characters that reorder or hide text, halves of pairs. Joiners stay. */
const unsafe = '(?![\\t\\n\\u200c\\u200d\\u0600-\\u0605\\u06dd\\u070f\\u08e2])[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]'
const unsafeOrOwn = new RegExp(`(${ownSequence.source})|${unsafe}`, 'gu')
const unsafeInJson = new RegExp(unsafe, 'gu')

/** Colours a text for {@link terminalText}; it is as wide as before. */
export function coloured(colour: TextColour, text: string): string {
  const [on, off] = inspect.colors[colour] ?? [0, 0]
  return `\x1b[${secret};${on}m${text}\x1b[${secret};${off}m`
}

/** A text in which nothing but colours of {@link coloured}, tabs and line feeds acts on a terminal. */
export const visible = (text: string): string => text.replaceAll(unsafeOrOwn, (_, own?: string) => own ?? '\uFFFD')

/** As {@link visible}, on one line. */
export const visibleLine = (text: string): string => visible(text).replaceAll('\n', '\uFFFD')

/** A text as it is written to a terminal or a pipe, with its colours or without. */
export const terminalText = (text: string, { colour }: { readonly colour: boolean }): string =>
  visible(text).replaceAll(ownSequence, colour ? '\x1b[$1' : '')

/** A value as JSON that means the same, and in which nothing acts on a terminal. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(unsafeInJson, character =>
    [...Array(character.length).keys()]
      .map(at => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  )
