/** Texts cut to the width of a terminal. */
import { stripVTControlCharacters } from 'node:util'
import { fitText } from '../../report/table.ts'

/** Cuts a text to a width, with an ellipsis; line breaks become spaces, colours are dropped. */
export const cut = (text: string, width: number): string =>
  fitText(stripVTControlCharacters(text).replaceAll(/[\s\p{Cc}]+/gu, ' '), width)
