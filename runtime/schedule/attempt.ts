/** One stage on a worker while it runs: its log, its last lines, its result. */
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { boundedText } from '../../dsl/diagnostics/bounded.ts'
import { visible } from '../../dsl/diagnostics/terminal_text.ts'
import { isOutOfMemory } from '../engine/out_of_memory.ts'
import type { StageResult } from '../kinds/context.ts'
import { codeOf } from '../store/files.ts'
import { describeExit, type Exit, memoryText, type StageFault } from './fault.ts'
import { boundedMessage } from './message_bounds.ts'
import type { Job, Message } from './protocol.ts'

/** Options of listening to a stage on a worker. */
export interface AttemptOptions {
  /** Log file to write; its folder is made. */
  readonly log: string
  /** Estimated peak memory in bytes, shown beside the real one if memory runs out. */
  readonly memory: number
  readonly onMessage: (message: Message) => void
}

/** The end of a stage on a worker. */
export type WorkerEnd = { readonly peakMemory: number } & (
  | { readonly kind: 'result'; readonly result: StageResult; readonly warnings: readonly string[] }
  | { readonly kind: 'fault'; readonly fault: StageFault }
  | { readonly kind: 'stopped' }
)

/** The end of a process, as the operating system reports it. */
export type ProcessEnd = Pick<Exit, 'exitCode' | 'signal' | 'originalMessage' | 'ending'>

/** One stage on a worker. */
export interface Attempt {
  /** Takes a message of the worker; true if it was the last one. */
  take(message: Message): boolean
  /** Takes a line that is no message. */
  note(level: 'out' | 'err' | '???', line: string): void
  /** The end, once the result is there or the process is gone; `reason` explains a process that could not be used. */
  finish(end: ProcessEnd & { readonly stopped: boolean; readonly reason?: string }): Promise<WorkerEnd>
}

const lastLinesKept = 12
const warningsKept = 100
const longestLine = 10_000
const longestShown = 1000

/** Makes the folder of a run's logs and the one of all logs; not the store, which may have been removed meanwhile. */
function makeLogFolder(folder: string): void {
  for (const path of [dirname(folder), folder]) {
    try {
      mkdirSync(path)
    } catch (error) {
      if (!['EEXIST', 'ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error
    }
  }
}

/** Begins to listen. */
export function openAttempt(job: Job, { log: path, memory, onMessage }: AttemptOptions): Attempt {
  makeLogFolder(dirname(path))
  const log = createWriteStream(path, { flags: 'a' })
  // A full disk must not end the run through its logs; publishing the result will fail.
  log.on('error', () => undefined)
  const lastLines: string[] = []
  const warnings: string[] = []
  let doing = 'starting'
  let peakMemory = 0
  let final: Extract<Message, { kind: 'result' | 'error' }> | undefined

  function write(level: string, line: string): void {
    const text = boundedText(line, { characters: longestLine, lines: Number.POSITIVE_INFINITY })
    log.write(`${new Date().toISOString()} ${level} ${visible(text).replaceAll('\n', '\n  ')}\n`)
    lastLines.push(boundedText(line, { characters: longestShown, lines: 1 }))
    if (lastLines.length > lastLinesKept) lastLines.shift()
  }

  function take(whole: Message): boolean {
    const message = boundedMessage(whole)
    switch (message.kind) {
      case 'progress':
        doing = `${message.progress.done} of ${message.progress.total} ${message.progress.unit} done`
        break
      case 'log':
        doing = message.text
        break
      case 'warn':
        if (warnings.length < warningsKept) warnings.push(message.text)
        break
      case 'heartbeat':
        peakMemory = message.peakMemory
        break
      case 'result':
      case 'error':
        peakMemory = message.peakMemory
        final ??= message
        break
    }
    if (whole.kind === 'log' || whole.kind === 'warn') write(whole.kind, whole.text)
    if (whole.kind === 'error') log.write(`${visible(whole.stack)}\n`)
    onMessage(message)
    return final !== undefined
  }

  function faultOf(end: ProcessEnd, reason: string | undefined): StageFault {
    const use = { peak: peakMemory, estimate: memory, params: job.params }
    const error = final?.kind === 'error' && end.ending === undefined ? final : undefined
    const stage = { doing, lastLines, log: path, transient: error?.transient === true }
    if (error !== undefined) {
      const { text, class: faultClass, hint, place, stack } = error
      if (isOutOfMemory(text)) return { ...stage, text: memoryText(use, text), class: faultClass, stack }
      return { ...stage, text, class: faultClass, ...(hint && { hint }), ...(place && { place }), stack }
    }
    if (reason !== undefined && end.ending === undefined) return { ...stage, text: reason, class: 'user' }
    return { ...stage, ...describeExit({ ...end, ...use, lastLines }) }
  }

  return {
    take,
    note: write,
    async finish({ stopped, reason, ...end }) {
      await new Promise<void>(resolve => log.end(() => resolve()).once('error', () => resolve()))
      if (final?.kind === 'result') return { kind: 'result', result: final.result, warnings, peakMemory }
      if (stopped) return { kind: 'stopped', peakMemory }
      return { kind: 'fault', fault: faultOf(end, reason), peakMemory }
    },
  }
}
