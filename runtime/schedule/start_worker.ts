/** Starts a process for stages, listens to it, ends it and all it started. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import { type ProcessId, processStart } from '../store/process.ts'
import { type Attempt, type AttemptOptions, openAttempt, type ProcessEnd, type WorkerEnd } from './attempt.ts'
import type { Ending } from './fault.ts'
import { readLines } from './lines.ts'
import { processTreeVariable } from './process_tree.ts'
import { type Job, messageChannel, parseMessage } from './protocol.ts'
import { type Sandbox, sandboxEnvironment, sandboxFlags } from './sandbox.ts'

/** Options of starting a worker. */
export interface WorkerOptions {
  readonly sandbox: Sandbox
  /** Folder the worker runs in and may write. */
  readonly folder: string
  /** Environment variables beyond those of the sandbox, such as the devices to use. */
  readonly environment?: Readonly<Record<string, string>>
  /** Called with the process before it gets its first job; the job waits for it. */
  readonly onStart: (worker: ProcessId) => Promise<void>
  /** Module the worker runs. @default `worker.js` beside this one */
  readonly entry?: string
}

/** Options of running one stage, and of listening to it. */
export interface WorkerJobOptions extends AttemptOptions {
  /** Milliseconds from the request to stop to the kill. @default 30000 */
  readonly grace?: number
  /** Milliseconds without any message after which a worker counts as hung. @default 600000 */
  readonly silence?: number
  /** Milliseconds after which the stage is ended. @default no limit */
  readonly timeout?: number
  /** True if the process stays for another stage after a result. @default false */
  readonly stay?: boolean
}

/** A running stage. */
export interface RunningWorker {
  /** Never rejects. Unless the process stays, its whole group is gone when this resolves. */
  readonly ended: Promise<WorkerEnd>
  /** Asks the stage to stop, and kills its process group after the grace period. */
  stop(): void
}

/** A process that serves one stage at a time. */
export interface Worker {
  /** The process; `undefined` before it has started. */
  readonly id: ProcessId | undefined
  /** True if it can take another stage. */
  isFree(): boolean
  /** Gives it a stage; only while it is free. */
  run(job: Job, options: WorkerJobOptions): RunningWorker
  /** Ends it at once, with all it started. Resolves when they are gone. */
  end(): Promise<void>
}

/** Starts a worker in a process group of its own. */
export function openWorker(options: WorkerOptions): Worker {
  // Also right from the bundle of the command line, whose chunks lie in `dist/runtime/bundle`.
  const { sandbox, folder, environment = {}, entry = join(import.meta.dirname, '../schedule/worker.js') } = options
  const reaper = sandbox.run.length > 0 ? openReaper(folder) : undefined
  const child = execa(
    process.execPath,
    [...sandboxFlags(sandbox), '--enable-source-maps', entry, String(process.pid)],
    {
      cwd: folder,
      detached: true,
      reject: false,
      buffer: false,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      extendEnv: false,
      env: { ...sandboxEnvironment(sandbox, folder), ...environment, ...(reaper && { [processTreeVariable]: folder }) },
    },
  )
  let current: { readonly attempt: Attempt; settle(): void; alive(): void } | undefined
  let served = 0
  let gone = false
  let startFault: string | undefined
  let id: ProcessId | undefined

  function signalGroup(signal: NodeJS.Signals): void {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // The group is gone already.
    }
  }

  child.stdin.on('error', () => undefined)
  child.once('exit', () => signalGroup('SIGKILL'))
  readLines(child.stdout, line => current?.attempt.note('out', line))
  readLines(child.stderr, line => current?.attempt.note('err', line))
  const channel: unknown = child.stdio[messageChannel]
  if (isReadable(channel)) {
    readLines(channel, line => {
      current?.alive()
      const message = parseMessage(line)
      if (message === undefined) current?.attempt.note('???', line.slice(0, 1000))
      else if (current?.attempt.take(message)) current.settle()
    })
  }
  const exited = child.then(async (exit): Promise<ProcessEnd> => {
    gone = true
    await reaper?.end()
    return exit
  })
  const started = begin()

  async function begin(): Promise<void> {
    const { pid } = child
    if (pid === undefined) return
    try {
      const own = { pid, start: processStart(pid) ?? 'gone' }
      await options.onStart(own)
      id = own
    } catch (fault) {
      startFault = fault instanceof Error ? fault.message : String(fault)
      signalGroup('SIGKILL')
    }
  }

  function run(job: Job, { grace = 30_000, silence = 600_000, timeout, stay = false, ...listening }: WorkerJobOptions) {
    const attempt = openAttempt(job, listening)
    let stopped = false
    let ending: Ending | undefined
    let killTimer: NodeJS.Timeout | undefined
    const endGracefully = (): void => {
      signalGroup('SIGTERM')
      killTimer ??= setTimeout(() => signalGroup('SIGKILL'), grace)
    }
    const endFor = (reason: Ending) => () => {
      ending ??= reason
      endGracefully()
    }
    const hangTimer = setTimeout(endFor({ kind: 'hung', silence }), silence)
    const lateTimer =
      timeout === undefined ? undefined : setTimeout(endFor({ kind: 'late', limit: timeout }), longestTimer(timeout))
    const settled = new Promise<void>(resolve => {
      current = { attempt, settle: resolve, alive: () => void hangTimer.refresh() }
    })
    served += 1

    async function finish(): Promise<WorkerEnd> {
      await started
      if (served > 1) await forgetPeak(child.pid)
      if (startFault === undefined) child.stdin.write(`${JSON.stringify(job)}\n`)
      const early = await Promise.race([settled, exited])
      for (const timer of [hangTimer, lateTimer]) clearTimeout(timer)
      // What it printed before the result may still be on its way.
      if (early === undefined && stay && !stopped) await new Promise(setImmediate)
      else if (early === undefined) signalGroup('SIGKILL')
      const exit = gone || !stay || stopped ? await exited : {}
      clearTimeout(killTimer)
      current = undefined
      const reason = startFault === undefined ? {} : { reason: startFault }
      return attempt.finish({ ...exit, ...reason, stopped, ending })
    }

    return {
      ended: finish(),
      stop() {
        stopped = true
        endGracefully()
      },
    }
  }

  return {
    get id() {
      return id
    },
    isFree: () => !gone && current === undefined && startFault === undefined,
    run,
    async end() {
      signalGroup('SIGKILL')
      await exited
    },
  }
}

/** Starts a process that ends all programs of a worker, also when this process is killed. */
function openReaper(folder: string): { end(): Promise<unknown> } | undefined {
  if (process.platform !== 'linux') return undefined
  const program = join(import.meta.dirname, '../schedule/reaper.js')
  const child = execa(process.execPath, [program, folder], {
    detached: true,
    reject: false,
    buffer: false,
    stdio: ['pipe', 'ignore', 'ignore'],
    extendEnv: false,
  })
  child.stdin.on('error', () => undefined)
  return {
    end() {
      child.stdin.end()
      return child
    },
  }
}

/** Starts a worker for one stage. */
export function startWorker(job: Job, options: WorkerOptions & WorkerJobOptions): RunningWorker {
  return openWorker(options).run(job, options)
}

/** Timers of Node hold 31 bits. */
const longestTimer = (milliseconds: number): number => Math.min(milliseconds, 2 ** 31 - 1)

/** Lets the kernel measure the peak of a process's memory anew; other systems keep the peak of all its stages. */
async function forgetPeak(pid: number | undefined): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined)
}

const isReadable = (stream: unknown): stream is Readable =>
  typeof stream === 'object' && stream !== null && 'read' in stream && 'on' in stream
