/** Texts on one line, and cut to the width of a terminal. */
import { stripVTControlCharacters } from 'node:util'
import { visible } from '../../../dsl/diagnostics/terminal_text.ts'
import { fitText } from '../../report/table.ts'

/** A text on one line: line breaks become spaces. */
export const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ').trimEnd()

/** Cuts a text to a width, with an ellipsis; white space becomes single spaces, colours are dropped. */
export const cut = (text: string, width: number): string =>
  fitText(stripVTControlCharacters(visible(text)).replaceAll(/\s+/g, ' '), width)
