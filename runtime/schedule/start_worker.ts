/** The outside of a worker: starts a process for one stage, listens to it, ends it and all it started. */
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import type { StageResult } from '../stages/stage.ts'
import { type ProcessId, processStart } from '../store/process.ts'
import { describeExit, type Fault } from './fault.ts'
import { readLines } from './lines.ts'
import { type Job, type Message, messageChannel, parseMessage } from './protocol.ts'
import { type Sandbox, sandboxFlags } from './sandbox.ts'

/** What to run and who listens. */
export interface WorkerOptions {
  readonly sandbox: Sandbox
  /** Log file to write; its folder is made. */
  readonly log: string
  /** Estimated peak memory in bytes, told beside the real one when memory runs out. */
  readonly memory: number
  /** Called with the process before it gets its job; the job waits for it. */
  readonly onStart: (worker: ProcessId) => Promise<void>
  readonly onMessage: (message: Message) => void
  /** Module the worker runs. @default `worker.js` beside this one */
  readonly entry?: string
  /** Milliseconds from the request to stop to the kill. @default 10000 */
  readonly grace?: number
  /** Milliseconds without any sign of life after which a worker counts as hung. @default 600000 */
  readonly silence?: number
}

/** How a worker came to its end. */
export type WorkerEnd = { readonly peakMemory: number } & (
  | { readonly kind: 'result'; readonly result: StageResult; readonly warnings: readonly string[] }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'stopped' }
)

/** A worker at work. */
export interface RunningWorker {
  /** Never rejects. When it resolves, the whole process group is gone. */
  readonly ended: Promise<WorkerEnd>
  /** Asks the stage to stop, and kills its group once the time of grace is over. */
  stop(): void
}

const lastLinesKept = 12
const warningsKept = 100

/** Starts a worker in a process group of its own. */
export function startWorker(job: Job, options: WorkerOptions): RunningWorker {
  const { entry = join(import.meta.dirname, '../schedule/worker.js'), grace = 10_000, silence = 600_000 } = options
  mkdirSync(dirname(options.log), { recursive: true })
  const log = createWriteStream(options.log, { flags: 'a' })
  const lastLines: string[] = []
  const warnings: string[] = []
  let doing = 'starting'
  let peakMemory = 0
  let final: Extract<Message, { kind: 'result' | 'error' }> | undefined
  let stopping = false
  let hung = false

  const flags = [...sandboxFlags(options.sandbox), '--enable-source-maps']
  const child = execa(process.execPath, [...flags, entry, String(process.pid)], {
    cwd: job.out,
    detached: true,
    reject: false,
    buffer: false,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { NODE_OPTIONS: '' },
  })

  function note(level: string, text: string): void {
    log.write(`${new Date().toISOString()} ${level} ${text}\n`)
    lastLines.push(text)
    if (lastLines.length > lastLinesKept) lastLines.shift()
  }
  function signalGroup(signal: NodeJS.Signals): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // The group is gone already.
    }
  }
  function end(): void {
    signalGroup('SIGTERM')
    killTimer ??= setTimeout(() => signalGroup('SIGKILL'), grace)
  }
  let killTimer: NodeJS.Timeout | undefined
  const hangTimer = setTimeout(() => {
    hung = true
    end()
  }, silence)

  function take(message: Message): void {
    switch (message.kind) {
      case 'progress':
        doing = `${message.progress.done} of ${message.progress.total} ${message.progress.unit} done`
        break
      case 'log':
        doing = message.text
        note('log', message.text)
        break
      case 'warn':
        note('warn', message.text)
        if (warnings.length < warningsKept) warnings.push(message.text)
        break
      case 'heartbeat':
        peakMemory = message.peakMemory
        break
      case 'result':
      case 'error':
        peakMemory = message.peakMemory
        final ??= message
        if (message.kind === 'error') log.write(`${message.stack}\n`)
        break
    }
    options.onMessage(message)
  }

  readLines(child.stdout, line => note('out', line))
  readLines(child.stderr, line => note('err', line))
  const channel: unknown = child.stdio[messageChannel]
  if (isReadable(channel)) {
    readLines(channel, line => {
      hangTimer.refresh()
      const message = parseMessage(line)
      if (message === undefined) note('???', line.slice(0, 1000))
      else take(message)
    })
  }

  async function begin(): Promise<void> {
    const { pid } = child
    if (pid === undefined) return
    await options.onStart({ pid, start: processStart(pid) ?? 'gone' })
    child.stdin.on('error', () => undefined)
    child.stdin.write(`${JSON.stringify(job)}\n`)
  }

  async function finish(): Promise<WorkerEnd> {
    const begun = begin().catch(error => {
      signalGroup('SIGKILL')
      return error
    })
    child.once('exit', () => signalGroup('SIGKILL'))
    const exit = await child
    const startFault: unknown = await begun
    clearTimeout(hangTimer)
    clearTimeout(killTimer)
    await new Promise(resolve => log.end(resolve))
    if (final?.kind === 'result') return { kind: 'result', result: final.result, warnings, peakMemory }
    if (stopping) return { kind: 'stopped', peakMemory }
    const text =
      final?.text ??
      (startFault instanceof Error ? startFault.message : undefined) ??
      describeExit({ ...exit, hung, silence, peakMemory, memory: options.memory })
    return { kind: 'fault', fault: { text, doing, lastLines, log: options.log }, peakMemory }
  }

  return {
    ended: finish(),
    stop() {
      stopping = true
      end()
    },
  }
}

const isReadable = (stream: unknown): stream is Readable =>
  typeof stream === 'object' && stream !== null && 'read' in stream && 'on' in stream
