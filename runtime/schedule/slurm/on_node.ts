/** Entry point of a job on its node: runs one stage as the local executor does, publishes it, and reports by files. */
import { appendFileSync, readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { visible } from '../../../dsl/diagnostics/terminal_text.ts'
import { replaceFile } from '../../store/files.ts'
import { isMadeFrom } from '../../store/manifest.ts'
import { openStore, type Store } from '../../store/store.ts'
import { beginRun } from '../begin.ts'
import { describeFault, stackOf } from '../describe_fault.ts'
import { type StageEnd, type StageInput, type StageReport, type StageRequest, storedInputs } from '../executor.ts'
import { localRunner } from '../local.ts'
import { lockingRunner } from '../locking.ts'
import { endPath, type JobSpec, messagesPath, outputPath, parseJobSpec, specPath } from './job_files.ts'
import type { JobEnd, JobLine } from './messages.ts'

/** Milliseconds until a file of another node is sure to be seen here: network file systems cache names that long. */
const shareLag = 60_000
/** Milliseconds a stage has for its checkpoint; Slurm's notice is longer. */
const grace = 45_000
/** Milliseconds to wait for Slurm's kill after a stop: Slurm records the reason, and requeues, only if the job did not exit. */
const untilKilled = 300_000
const progressEvery = 1000

const [folder = ''] = process.argv.slice(2)
const { SLURM_JOB_ID = 'unknown', SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID } = process.env
/** As the queue shows it: a task of an array by the array's number and its own index. */
const job = SLURM_ARRAY_JOB_ID === undefined ? SLURM_JOB_ID : `${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}`

function write(line: JobLine): void {
  appendFileSync(messagesPath(folder, job), `${JSON.stringify(line)}\n`)
}

/** Writes the reports that a person sees, and of the progress one a second and the last. */
function reporter(): (report: StageReport) => void {
  let last = 0
  return report => {
    switch (report.kind) {
      case 'log':
      case 'warn':
        return write(report)
      case 'progress': {
        const now = Date.now()
        if (now - last < progressEvery && report.progress.done < report.progress.total) return
        last = now
        return write(report)
      }
      case 'waiting': {
        const { pid, host } = report.owner
        return write({ kind: 'log', text: `process ${pid} on ${host} makes the same result; waiting for it` })
      }
      default:
        return
    }
  }
}

const put = (end: JobEnd): Promise<void> =>
  replaceFile(endPath(folder, job), aside => writeFile(aside, `${JSON.stringify(end)}\n`))

async function inputsOf({ inputs, stage }: JobSpec, store: Store): Promise<StageRequest['inputs']> {
  const found: { [role: string]: StageInput } = {}
  for (const [role, input] of Object.entries(inputs)) {
    const deadline = Date.now() + shareLag
    let result = await store.find(input.key)
    while (result === undefined && Date.now() < deadline) {
      await setTimeout(1000)
      result = await store.find(input.key)
    }
    if (result === undefined) {
      throw new UserFault(
        `Node ${hostname()} finds no result of "${input.stage}", an input of "${stage.id}", in "${store.folder}"`,
        { hint: 'put the store on a file system that all nodes share', place: stage.id },
      )
    }
    found[role] = { ...input, result }
  }
  return found
}

/** Asks the stage to stop, also if the signal came before there was one. */
const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())

async function work(spec: JobSpec): Promise<StageEnd> {
  const { stage, replace } = spec
  const store = openStore(spec.store)
  // A run of its own: its results are safe from cleaning, and it goes on when the controller has ended.
  const keys = [stage.key, ...Object.values(spec.inputs).map(({ key }) => key)]
  const subject = { name: spec.recipe, stages: keys.map(key => ({ key })) }
  const { run, journal, end } = await beginRun(subject, { store, found: new Map() })
  const entry = spec.entry === undefined ? {} : { entry: spec.entry }
  const local = localRunner({ store, run, journal, engine: spec.engine, grace, ...entry })
  try {
    const stored = replace ? undefined : await store.find(stage.key)
    const inputs = await inputsOf(spec, store)
    if (stored !== undefined && isMadeFrom(stored.manifest, storedInputs({ inputs }).digests))
      return { kind: 'done', result: stored, peakMemory: 0, cached: true }
    const previous = spec.retry ? (await store.find(stage.key))?.folder : undefined
    const running = lockingRunner(local, store).start(stage, {
      slots: Array.from({ length: stage.needs.slots }, (_, slot) => slot),
      inputs,
      ...(previous !== undefined && { previous }),
      replace,
      resumed: Number(process.env.SLURM_RESTART_COUNT ?? 0) > 0,
      onReport: reporter(),
    })
    if (stopping.signal.aborted) running.stop()
    stopping.signal.addEventListener('abort', () => running.stop())
    const ended = await running.ended
    await journal.append({ kind: 'run-ended', outcome: outcomes[ended.kind] })
    return ended
  } finally {
    await local.close()
    await end()
  }
}

const outcomes = { done: 'done', fault: 'failed', stopped: 'stopped', left: 'stopped' } as const

async function main(): Promise<number> {
  await rm(endPath(folder, job), { force: true })
  write({ kind: 'began', host: hostname(), pid: process.pid })
  const spec = parseJobSpec(await readFile(specPath(folder), 'utf8'))
  if (spec === undefined)
    throw new UserFault(`"${specPath(folder)}" is no job of this version of terroir`, {
      hint: 'submit with the version that the nodes have',
    })
  const end = await work(spec)
  switch (end.kind) {
    case 'done':
      await put({ kind: 'done', cached: end.cached, peakMemory: end.peakMemory })
      return 0
    case 'fault':
      await put(end)
      return 1
    case 'left':
    case 'stopped':
      await put({ kind: 'stopped' })
      await setTimeout(untilKilled)
      return 1
  }
}

function lastLines(): readonly string[] {
  try {
    return readFileSync(outputPath(folder, job), 'utf8').trimEnd().split('\n').slice(-12)
  } catch {
    return []
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  const log = outputPath(folder, job)
  const fault = {
    ...describeFault(error),
    doing: 'preparing or publishing',
    lastLines: lastLines(),
    log,
    stack: stackOf(error),
  }
  console.error(visible(stackOf(error) || String(error)))
  process.exitCode = 1
  await put({ kind: 'fault', fault, peakMemory: 0 })
}
