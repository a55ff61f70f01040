/** Repaints a few lines of a terminal in place. */
import { stripVTControlCharacters } from 'node:util'
import { terminalText } from '../../../dsl/diagnostics/terminal_text.ts'

/** The part of a terminal that is needed. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
}

/** A block of lines at the end of a terminal's output. */
export interface Screen {
  /** Puts these lines in the place of the ones before. */
  paint(lines: readonly string[]): void
  /** Leaves the lines where they are and gives the cursor back. */
  close(): void
}

const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'
/** Terminals that know it show a frame at once; others ignore it. */
const beginFrame = '\x1b[?2026h'
const endFrame = '\x1b[?2026l'
/** Without wrapping, a line that is wider than expected cannot push the others down. */
const noWrap = '\x1b[?7l'
const wrap = '\x1b[?7h'
const clearLine = '\x1b[K'
const clearBelow = '\x1b[J'

const clearAll = '\x1b[2J\x1b[3J\x1b[H'

/** Removes what a terminal shows. */
export const clearScreen = (terminal: Terminal): void => void terminal.write(clearAll)

/** Takes over the end of a terminal's output. Lines come with the colours of `painter`. */
export function openScreen(terminal: Terminal, { colour }: { readonly colour: boolean }): Screen {
  let before: readonly string[] = []
  const restore = (): void => void terminal.write(wrap + showCursor)
  process.once('exit', restore)
  terminal.write(hideCursor)
  return {
    paint(lines) {
      const up = heightOf(before, terminal.columns ?? 80)
      const body = lines.map(line => `${terminalText(line, { colour })}${clearLine}\n`).join('')
      terminal.write(`${beginFrame}${noWrap}${up > 0 ? `\x1b[${up}A\r` : ''}${body}${clearBelow}${wrap}${endFrame}`)
      before = lines
    },
    close() {
      process.removeListener('exit', restore)
      restore()
    },
  }
}

/** Lines that a block takes up: a terminal made narrower since has wrapped the wide ones. */
const heightOf = (lines: readonly string[], columns: number): number =>
  lines.reduce((sum, line) => sum + Math.max(1, Math.ceil([...stripVTControlCharacters(line)].length / columns)), 0)
