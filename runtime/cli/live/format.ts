/** Texts and colours for a terminal. */
import { stripVTControlCharacters, styleText } from 'node:util'
import { fitText } from '../../report/table.ts'

/** Cuts a text to a width, with an ellipsis; line breaks become spaces, colours are dropped. */
export const cut = (text: string, width: number): string =>
  fitText(stripVTControlCharacters(text).replaceAll(/[\s\p{Cc}]+/gu, ' '), width)

/** What a piece of text means; a terminal shows it as a colour. */
export type Tone = 'good' | 'bad' | 'active' | 'quiet' | 'strong'

const formats = { good: 'green', bad: 'red', active: 'cyan', quiet: 'gray', strong: 'bold' } as const

/** Colours a text. */
export type Paint = (tone: Tone, text: string) => string

/** Colours, or none. */
export const painter = (colour: boolean): Paint =>
  colour ? (tone, text) => styleText(formats[tone], text, { validateStream: false }) : (_, text) => text
