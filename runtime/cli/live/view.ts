/** Shows a run while it goes on: rows in a terminal, lines elsewhere, or events as JSON. */
import { performance } from 'node:perf_hooks'
import { formatSeconds } from '../../report/numbers.ts'
import type { RunEvent } from '../../schedule/events.ts'
import { type Paint, painter } from './format.ts'
import { describeProgress, drawRows } from './rows.ts'
import { openScreen } from './screen.ts'
import { applyEvent, type Rows, waitingText } from './state.ts'

/** Something that shows events. */
export interface View {
  show(event: RunEvent): void
  /** Tells the person something about the run as a whole. */
  notice(text: string): void
  close(): void
}

const framesEvery = 125
const linesEvery = 10_000

/** Rows repainted in place, where `stream` is a terminal; plain lines where it is not. */
export const openView = (stream: NodeJS.WriteStream, { colour }: { readonly colour: boolean }): View =>
  stream.isTTY && process.env.TERM !== 'dumb'
    ? openRows(stream, painter(colour))
    : openLines(text => void stream.write(`${text}\n`))

function openRows(terminal: NodeJS.WriteStream, paint: Paint): View {
  let rows: Rows = new Map()
  let notice = ''
  let waiting = ''
  const screen = openScreen(terminal)
  const draw = (): void => {
    const { columns = 80, rows: lines = 24 } = terminal
    screen.paint(
      drawRows(rows, { columns, lines: lines - 1, paint, notice: notice || waiting, now: performance.now() }),
    )
  }
  const timer = setInterval(draw, framesEvery)
  terminal.on('resize', draw)
  return {
    show(event) {
      rows = applyEvent(rows, event, performance.now())
      if (event.kind === 'notice') waiting = event.text
      if (event.kind === 'stage-started') waiting = ''
    },
    notice(text) {
      notice = text
    },
    close() {
      clearInterval(timer)
      terminal.removeListener('resize', draw)
      draw()
      screen.close()
    },
  }
}

/** One line when a stage starts and ends, and one every ten seconds while it runs. */
export function openLines(write: (line: string) => void): View {
  let rows: Rows = new Map()
  const tell = (word: string, stage: string, text = ''): void => write(`${word.padEnd(8)}${stage}  ${text}`.trimEnd())
  const timer = setInterval(() => {
    const now = performance.now()
    for (const row of rows.values()) {
      const { count, rate, loss, left } = describeProgress(row, now)
      const parts = [count, rate, loss, left].filter(part => part !== '')
      const elapsed = formatSeconds((now - row.started) / 1000)
      if (row.state === 'running') tell('', row.stage, parts.join(', ') || elapsed)
    }
  }, linesEvery)
  return {
    show(event) {
      rows = applyEvent(rows, event, performance.now())
      switch (event.kind) {
        case 'stage-cached':
          return tell('cached', event.stage, event.summary)
        case 'stage-queued':
          return tell('queued', event.stage, event.text)
        case 'stage-started':
          return tell('start', event.stage)
        case 'stage-waiting':
          return tell('waits', event.stage, waitingText(event.owner))
        case 'stage-done':
          return tell('done', event.stage, `${formatSeconds(event.seconds)}  ${event.summary}`)
        case 'stage-failed':
          return tell('failed', event.stage, event.fault.text)
        case 'stage-skipped':
          return tell('skipped', event.stage, event.reason)
        case 'stage-log':
          if (event.level === 'warn') tell('warning', event.stage, event.text)
          return
        case 'notice':
          return write(event.text)
        case 'run-started':
        case 'stage-progress':
        case 'run-ended':
          return
      }
    },
    notice: write,
    close: () => clearInterval(timer),
  }
}

/** One JSON object a line for each event. */
export const jsonView = (write: (line: string) => void): View => ({
  show: event => write(JSON.stringify(event)),
  notice: text => write(JSON.stringify({ kind: 'notice', text })),
  close: () => undefined,
})
