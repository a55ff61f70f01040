/** One line on the progress of a command: repainted in a terminal, a line every ten seconds elsewhere. */
import { performance } from 'node:perf_hooks'
import type { Progress } from '../../kinds/context.ts'
import { tellLine } from '../print.ts'
import { hasColour } from '../terminal.ts'
import { cut } from './cut.ts'
import { blank, marksAfter, type Row } from './row.ts'
import { describeProgress } from './rows.ts'
import { openScreen } from './screen.ts'
import { isLive, linesEvery } from './view.ts'

/** A line on the progress of something. */
export interface ProgressLine {
  show(progress: Progress): void
  /** Removes the line from a terminal. */
  close(): void
}

/** Begins a line; nothing is shown before there is progress. */
export function openProgress(stream: NodeJS.WriteStream, what: string): ProgressLine {
  const screen = isLive(stream) ? openScreen(stream, { colour: hasColour(stream) }) : undefined
  let row: Row = { ...blank(what), state: 'running' }
  let told = performance.now()

  function line(now: number): string {
    const { count, rate, left } = describeProgress(row, now)
    return [what, count, rate, left].filter(part => part !== '').join('  ')
  }

  return {
    show(progress) {
      const now = performance.now()
      row = { ...row, progress, marks: marksAfter(row, progress, now) }
      if (screen !== undefined) return screen.paint([cut(line(now), (stream.columns ?? 80) - 1)])
      if (now - told < linesEvery) return
      told = now
      tellLine(line(now))
    },
    close() {
      screen?.paint([])
      screen?.close()
    },
  }
}
