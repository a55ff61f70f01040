/** Texts and colours for a terminal. */
import { stripVTControlCharacters, styleText } from 'node:util'

/** Cuts a text of one-column characters to a width, with an ellipsis; line breaks become spaces. */
export function cut(text: string, width: number): string {
  const line = stripVTControlCharacters(text).replaceAll(/[\s\p{Cc}]+/gu, ' ')
  const characters = [...line]
  if (characters.length <= width) return line
  return width < 1 ? '' : `${characters.slice(0, width - 1).join('')}…`
}

/** What a piece of text means; a terminal shows it as a colour. */
export type Tone = 'good' | 'bad' | 'active' | 'quiet' | 'strong'

const formats = { good: 'green', bad: 'red', active: 'cyan', quiet: 'gray', strong: 'bold' } as const

/** Colours a text. */
export type Paint = (tone: Tone, text: string) => string

/** Colours, or none. */
export const painter = (colour: boolean): Paint =>
  colour ? (tone, text) => styleText(formats[tone], text, { validateStream: false }) : (_, text) => text
