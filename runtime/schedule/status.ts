/** The status of a run, written beside its journal for other processes; only a view of it is lost if it is lost. */
import { rmSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord, isText, parseJson } from '../../dsl/values/json.ts'
import type { Progress } from '../kinds/context.ts'
import { makeBelow } from '../store/files.ts'
import { waitingText } from '../store/process.ts'
import type { Store } from '../store/store.ts'
import type { RunEvent } from './events.ts'
import { isProgress } from './protocol.ts'
import { type JournaledRun, readRuns } from './recover.ts'

/** A running stage. */
export interface StageStatus {
  readonly stage: string
  readonly slots: readonly number[]
  /** Milliseconds since 1970. */
  readonly started: number
  readonly progress?: Progress
}

/** A reason for which a stage waits, or the whole run where `stage` is empty. */
export interface WaitStatus {
  readonly stage: string
  /** Names whom it waits for. */
  readonly text: string
}

/** Status of a run. */
export interface RunStatus {
  /** Stages of the run. */
  readonly stages: number
  /** Stages that are done, cached ones included. */
  readonly done: number
  readonly running: readonly StageStatus[]
  readonly waiting: readonly WaitStatus[]
}

/** A run whose controller is alive, and the processes of its stages. */
export interface LivingRun extends JournaledRun {
  readonly recipe: string
  readonly pid: number
  readonly host: string
  /** Absent in the first moments of a run. */
  readonly status?: RunStatus
  /** The latest process of each stage. */
  readonly workers: ReadonlyMap<string, number>
}

const writeEvery = 1000

const statusPath = (store: Store, run: string): string => join(store.folder, 'status', `${run}.json`)

/** Writes the status of a run at most once a second. */
export function trackStatus(store: Store, run: string): { take(event: RunEvent): void; close(): Promise<void> } {
  const path = statusPath(store, run)
  const running = new Map<string, StageStatus>()
  const waiting = new Map<string, string>()
  let stages = 0
  let done = 0
  let changed = false
  let writing: Promise<unknown> = Promise.resolve()

  function write(): void {
    if (!changed) return
    changed = false
    const status: RunStatus = {
      stages,
      done,
      running: [...running.values()],
      waiting: [...waiting].map(([stage, text]) => ({ stage, text })),
    }
    writing = writing
      .then(async () => {
        await makeBelow(store.folder, 'status')
        await writeFile(`${path}.new`, JSON.stringify(status))
        await rename(`${path}.new`, path)
      })
      .catch(() => undefined)
  }
  const timer = setInterval(write, writeEvery).unref()
  const onExit = (): void => rmSync(path, { force: true })
  process.once('exit', onExit)

  return {
    take(event) {
      changed = true
      switch (event.kind) {
        case 'run-started':
          stages = event.stages.length
          return
        case 'notice':
          if (event.waits) waiting.set('', event.text)
          return
        case 'stage-waiting':
          waiting.set(event.stage, `waits ${waitingText(event.owner)}`)
          return
        case 'stage-started':
          // A stage without a slot says nothing of those that wait for one.
          if (event.slots.length > 0) waiting.delete('')
          waiting.delete(event.stage)
          running.set(event.stage, { stage: event.stage, slots: event.slots, started: Date.now() })
          return
        case 'stage-progress': {
          const found = running.get(event.stage)
          waiting.delete(event.stage)
          if (found !== undefined) running.set(event.stage, { ...found, progress: event.progress })
          return
        }
        case 'stage-cached':
        case 'stage-done':
          done += 1
          waiting.delete(event.stage)
          running.delete(event.stage)
          return
        case 'stage-queued':
          waiting.set(event.stage, event.text)
          running.delete(event.stage)
          return
        case 'stage-failed':
        case 'stage-skipped':
          waiting.delete(event.stage)
          running.delete(event.stage)
          return
        default:
          return
      }
    },
    async close() {
      clearInterval(timer)
      process.removeListener('exit', onExit)
      await writing
      await rm(path, { force: true })
    },
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

const isStageStatus = (value: unknown): value is StageStatus =>
  isRecord(value) &&
  isText(value.stage) &&
  isNumber(value.started) &&
  Array.isArray(value.slots) &&
  value.slots.every(isNumber) &&
  (value.progress === undefined || isProgress(value.progress))

const isWaitStatus = (value: unknown): value is WaitStatus =>
  isRecord(value) && isText(value.stage) && isText(value.text)

const isStatus = (value: unknown): value is RunStatus =>
  isRecord(value) &&
  isNumber(value.stages) &&
  isNumber(value.done) &&
  Array.isArray(value.running) &&
  value.running.every(isStageStatus) &&
  Array.isArray(value.waiting) &&
  value.waiting.every(isWaitStatus)

/** The living runs of a store, oldest first. */
export async function livingRuns(store: Store): Promise<readonly LivingRun[]> {
  const alive = (await readRuns(store)).filter(run => run.alive)
  const found = await Promise.all(
    alive.map(async run => {
      const started = run.events.find(event => event.kind === 'run-started')
      if (started?.kind !== 'run-started') return []
      const status = parseJson(await readFile(statusPath(store, run.run), 'utf8').catch(() => ''))
      const workers = run.events.flatMap(event =>
        event.kind === 'stage-started' ? [[event.stage, event.worker.pid] as const] : [],
      )
      const { recipe, controller } = started
      const base = { ...run, recipe, pid: controller.pid, host: controller.host, workers: new Map(workers) }
      return [isStatus(status) ? { ...base, status } : base]
    }),
  )
  return found.flat()
}
