/** The main loop of a worker: reads a job, runs its stage, reports, and waits for the next one. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import type { FindRun, Progress, Reporter } from '../kinds/context.ts'
import { isExhibit } from '../kinds/exhibit.ts'
import { codeOf } from '../store/files.ts'
import { describeFault, stackOf } from './describe_fault.ts'
import { isTransient } from './fault.ts'
import type { FaultReport } from './fault_report.ts'
import { createInputNames } from './input_names.ts'
import { readLines } from './lines.ts'
import { sentText } from './message_bounds.ts'
import { type Job, type Message, messageChannel, parseJob } from './protocol.ts'

const heartbeatEvery = 2000
const progressEvery = 100

/** Runs the stages that standard input asks for, one after another, until the controller ends the process. */
export function serveStage(findRun: FindRun): void {
  const stop = new AbortController()
  let jobs = Promise.resolve()
  process.on('SIGTERM', () => stop.abort(new Error('Stopped on request')))
  process.on('uncaughtException', error => fail(error))
  process.on('unhandledRejection', error => fail(error))
  new Worker(join(import.meta.dirname, 'watchdog.js'), { workerData: Number(process.argv[2]) }).unref()
  setInterval(() => send({ kind: 'heartbeat', peakMemory: peakMemory() }), heartbeatEvery).unref()
  readLines(process.stdin, line => {
    const job = parseJob(line)
    if (job === undefined) fail(new Error(`The worker was asked for something that is no job: ${line.slice(0, 200)}`))
    else jobs = jobs.then(() => runJob(job, findRun, stop.signal))
  })
  process.stdin.on('close', endGroup)
}

async function runJob(job: Job, findRun: FindRun, signal: AbortSignal): Promise<void> {
  const named = createInputNames(job)
  try {
    const load = findRun(job.kind)
    if (load === undefined) throw new Error(`No stage of kind "${job.kind}" exists`)
    const { kind: _, ...given } = job
    const run = await load()
    const result = await run({ ...given, report: reporter(named), signal })
    const broken = Object.entries(result.metrics).find(([, value]) => !Number.isFinite(value))
    if (broken)
      throw new DataFault(`The metric "${broken[0]}" came out as ${broken[1]}`, {
        hint: 'look at its inputs in the report',
        item: broken[0],
      })
    const exhibit = result.exhibits.find((shown): boolean => !isExhibit(shown))
    if (exhibit)
      throw new Error(`The exhibit "${exhibit.title}" holds a value that is neither text nor a finite number`)
    send({ kind: 'result', result, peakMemory: peakMemory() })
  } catch (error) {
    fail(error, named)
  }
}

function reporter(named: (text: string) => string): Reporter {
  let sent = 0
  return {
    progress(progress: Progress) {
      const now = Date.now()
      if (now - sent < progressEvery && progress.done < progress.total) return
      sent = now
      send({ kind: 'progress', progress })
    },
    log: (text, values) => send({ kind: 'log', text: sentText(named(text)), ...(values !== undefined && { values }) }),
    warn: text => send({ kind: 'warn', text: sentText(named(text)) }),
  }
}

/** Largest resident memory so far, in bytes. */
const peakMemory = (): number => process.resourceUsage().maxRSS * 1024

function fail(error: unknown, named = (text: string): string => text): void {
  const fault = error instanceof Error ? error : new Error(String(error))
  const { text, hint, place, ...report } = describeFault(fault)
  const told = {
    ...report,
    text: sentText(named(text)),
    ...(hint !== undefined && { hint: named(hint) }),
    ...(place !== undefined && { place: namedPlace(place, named) }),
  }
  const stack = sentText(stackOf(fault))
  send({ kind: 'error', ...told, stack, transient: isTransient(fault), peakMemory: peakMemory() })
  process.exit(1)
}

const namedPlace = (place: NonNullable<FaultReport['place']>, named: (text: string) => string): typeof place =>
  typeof place === 'string' || place.file === undefined ? place : { ...place, file: named(place.file) }

/** Writes at once, so that nothing is lost in a crash right after. A broken channel means the controller is gone. */
function send(message: Message): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`)
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(messageChannel, bytes, written)
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') endGroup()
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/** Ends this process and every process it started. */
function endGroup(): never {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } finally {
    process.exit(1)
  }
}
