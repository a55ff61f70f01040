/** Shows a run while it goes on: rows in a terminal, lines elsewhere, or events as JSON. */
import { performance } from 'node:perf_hooks'
import { formatSeconds } from '../../report/numbers.ts'
import type { RunEvent } from '../../schedule/events.ts'
import { waitingText } from '../../store/process.ts'
import { tellLine } from '../print.ts'
import { hasColour, painter } from '../terminal.ts'
import { oneLine } from './cut.ts'
import { describeProgress, drawRows } from './rows.ts'
import { openScreen } from './screen.ts'
import { createRows } from './state.ts'

/** Something that shows events. */
export interface View {
  show(event: RunEvent): void
  /** Tells the person something about the run as a whole. */
  notice(text: string): void
  close(): void
}

const framesEvery = 125
/** Milliseconds between two lines on a stage that runs. */
export const linesEvery = 10_000

/** Rows repainted in place, where `stream` is a terminal; plain lines where it is not. */
export const openView = (stream: NodeJS.WriteStream): View => (isLive(stream) ? openRows(stream) : openLines(tellLine))

/** True for a terminal whose lines can be repainted. */
export const isLive = (stream: NodeJS.WriteStream): boolean => stream.isTTY && process.env.TERM !== 'dumb'

function openRows(terminal: NodeJS.WriteStream): View {
  const colour = hasColour(terminal)
  const paint = painter(colour)
  const table = createRows()
  let notice = ''
  let waiting = ''
  const screen = openScreen(terminal, { colour })
  const draw = (): void => {
    const { columns = 80, rows: lines = 24 } = terminal
    screen.paint(
      drawRows(table.rows, { columns, lines: lines - 1, paint, notice: notice || waiting, now: performance.now() }),
    )
  }
  const timer = setInterval(draw, framesEvery)
  terminal.on('resize', draw)
  return {
    show(event) {
      table.take(event, performance.now())
      if (event.kind === 'notice') waiting = event.text
      if (event.kind === 'stage-started') waiting = ''
    },
    notice(text) {
      notice = text
    },
    close() {
      clearInterval(timer)
      terminal.removeListener('resize', draw)
      // What it tells is over.
      notice = ''
      waiting = ''
      draw()
      screen.close()
    },
  }
}

/** One line when a stage starts and ends, and one every ten seconds while it runs. */
export function openLines(write: (line: string) => void): View {
  const table = createRows()
  /** The row of each stage that makes a part. */
  let parts: Readonly<Record<string, string>> = {}
  let joins: ReadonlySet<string> = new Set()
  const tell = (word: string, stage: string, text = ''): void => write(oneLine(`${word.padEnd(8)}${stage}  ${text}`))
  const timer = setInterval(() => {
    const now = performance.now()
    for (const row of table.rows.values()) {
      if (row.state !== 'running') continue
      const { count, rate, loss, left } = describeProgress(row, now)
      const partsDone = joins.has(row.stage) ? row.note : ''
      const parts = [count, rate, loss, left, partsDone].filter(part => part !== '')
      tell('', row.stage, parts.join(', ') || formatSeconds((now - row.started) / 1000))
    }
  }, linesEvery)

  /** Of stages that share a row only the first start, faults, warnings and notes are told; the row tells the rest. */
  function isTold(event: RunEvent): boolean {
    const name = 'stage' in event ? (parts[event.stage] ?? event.stage) : ''
    if (!joins.has(name)) return true
    const row = table.rows.get(name)
    switch (event.kind) {
      case 'stage-queued':
      case 'stage-started':
        return row?.state === 'waiting' && (event.kind === 'stage-started' || row.note === '')
      case 'stage-failed':
      case 'stage-log':
        return true
      default:
        return 'stage' in event && event.stage === name
    }
  }

  return {
    show(event) {
      if (event.kind === 'run-started') {
        parts = event.parts ?? {}
        joins = new Set(Object.values(parts))
      }
      const told = isTold(event)
      table.take(event, performance.now())
      if (told) tellEvent(event)
    },
    notice: write,
    close: () => clearInterval(timer),
  }

  function tellEvent(event: RunEvent) {
    switch (event.kind) {
      case 'stage-cached':
        return tell('cached', event.stage, event.summary)
      case 'stage-queued':
        return tell('queued', parts[event.stage] ?? event.stage, event.text)
      case 'stage-started':
        return tell('start', parts[event.stage] ?? event.stage)
      case 'stage-waiting':
        return tell('waits', event.stage, waitingText(event.owner))
      case 'stage-done':
        return tell('done', event.stage, `${formatSeconds(event.seconds)}  ${event.summary}`)
      case 'stage-failed':
        return tell('failed', event.stage, event.fault.text)
      case 'stage-skipped':
        return tell('skipped', event.stage, event.reason)
      case 'stage-log':
        return tell(event.level === 'warn' ? 'warning' : 'note', event.stage, event.text)
      case 'notice':
        return write(event.text)
      case 'run-started':
      case 'stage-progress':
      case 'run-ended':
        return
    }
  }
}

/** One JSON object a line for each event. */
export const jsonView = (write: (value: unknown) => void): View => ({
  show: write,
  notice: text => write({ kind: 'notice', text }),
  close: () => undefined,
})
