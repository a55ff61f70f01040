/** Colours and width of a terminal. */
import { coloured, type TextColour } from '../../dsl/diagnostics/terminal_text.ts'

/** Meaning of a part of a text; a terminal shows it as a colour. */
export type TextTone = 'good' | 'bad' | 'active' | 'quiet' | 'strong'

const colours: Readonly<Record<TextTone, TextColour>> = {
  good: 'green',
  bad: 'red',
  active: 'cyan',
  quiet: 'gray',
  strong: 'bold',
}

/** Colours a text for `print.ts` to write. */
export type Paint = (tone: TextTone, text: string) => string

/** Colours, or none. */
export const painter = (colour: boolean): Paint =>
  colour ? (tone, text) => coloured(colours[tone], text) : (_, text) => text

/** Colours and width of a text for a terminal. */
export interface Printing {
  readonly paint: Paint
  /** Columns. */
  readonly width: number
}

/** True if text for a stream is coloured: only for people, and not where `NO_COLOR` is set. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR) return false
  return stream.isTTY || Boolean(process.env.FORCE_COLOR)
}

/** Colours and width of a stream; `width` is that of one which is no terminal. */
export const printingTo = (
  stream: NodeJS.WriteStream,
  { width = 160 }: { readonly width?: number } = {},
): Printing => ({
  paint: painter(hasColour(stream)),
  width: stream.columns ?? width,
})
