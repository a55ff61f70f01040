/** Runs on a store that go on, their end on request, and the logs of stages. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { latestLogs, logName, stageOfLog } from '../schedule/logs.ts'
import { type LivingRun, livingRuns } from '../schedule/status.ts'
import { isLocal, processStart, thisProcess } from '../store/process.ts'
import { openStore, type Store, storeFolder } from '../store/store.ts'
import { RequestFault, unknownName } from './faults.ts'
import type { StoreFolderOption } from './plan.ts'

/** The runs on a store that go on, oldest first, with the stages that they run. */
export const activeRuns = ({ store }: StoreFolderOption = {}): Promise<readonly LivingRun[]> =>
  livingRuns(openStore(storeFolder(store)))

/** Options of {@link stop}. */
export interface StopRunOptions extends StoreFolderOption {
  /** Name of the run. @default the only one that goes on */
  readonly run?: string | undefined
  /** Called when the run has been asked to end. */
  readonly onStopping?: ((run: LivingRun) => void) | undefined
}

/**
 * Stops a run: training saves a checkpoint, finished stages are kept, and the next run goes on from there. Waits until
 * the run has ended.
 *
 * @returns the run; undefined where none goes on
 */
export async function stop({ run: name, store, onStopping }: StopRunOptions = {}): Promise<LivingRun | undefined> {
  const runs = await activeRuns({ store })
  const [first, ...others] = runs
  if (first === undefined) return undefined
  const known = runs.map(({ run }) => run)
  if (name === undefined && others.length > 0)
    throw new RequestFault('Several runs go on', { hint: `name one: ${known.join(', ')}` })
  const found = name === undefined ? first : runs.find(({ run }) => run === name)
  if (found === undefined) {
    const otherwise = `write '${known.join("' or '")}'`
    throw unknownName(`No run '${name}' goes on`, { name: String(name), known, otherwise })
  }
  if (!isLocal({ ...thisProcess(), host: found.host }))
    throw new RequestFault(`The run '${found.run}' goes on at ${found.host}`, { hint: 'stop it there' })
  const start = processStart(found.pid)
  onStopping?.(found)
  process.kill(found.pid, 'SIGTERM')
  while (start !== undefined && processStart(found.pid) === start) await setTimeout(100)
  return found
}

/** Paths of the logs of every stage's latest run, by stage, sorted. */
export const logs = ({ store }: StoreFolderOption = {}): Promise<ReadonlyMap<string, string>> =>
  latestLogs(openStore(storeFolder(store)))

/**
 * The stages with a log that a name means, as `--until` takes it: a stage and those that make its parts, or the stages
 * of an entry. Throws a {@link RequestFault} where there are none.
 */
export async function stagesWithLog(name: string, options: StoreFolderOption = {}): Promise<readonly string[]> {
  const known = [...(await logs(options)).keys()]
  const below = known.filter(stage => stage.startsWith(`${name}.`))
  const parts = below.filter(stage => /^\d+$/.test(stage.slice(name.length + 1)))
  const own = [name, stageOfLog(logName(name))].find(stage => known.includes(stage))
  const found = own === undefined ? below : [...parts, own]
  if (found.length === 0)
    throw unknownName(`No log of a stage '${name}' in ${storeFolder(options.store)}`, {
      name,
      known,
      otherwise: "logs appear when a stage runs; 'terroir logs' lists them",
    })
  return found
}

/** Options of {@link readLog}. */
export interface LogOptions extends StoreFolderOption {
  /** Goes on until the stage has ended. @default false */
  readonly follow?: boolean | undefined
}

/** The log of a stage's latest run, in chunks of bytes. Throws a {@link RequestFault} where there is none. */
export async function* readLog(stage: string, { store: folder, follow = false }: LogOptions = {}) {
  const store = openStore(storeFolder(folder))
  const paths = await latestLogs(store)
  const path = paths.get(stage) ?? paths.get(stageOfLog(logName(stage)))
  if (path === undefined) throw new RequestFault(`No log of a stage '${stage}' in ${store.folder}`)
  yield* follow ? followFile(path, { isWritten: () => isRunning(stage, path, store) }) : bytesOf(path)
}

async function* bytesOf(path: string, range: { start?: number; end?: number } = {}): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path, range)) yield chunk
}

async function isRunning(stage: string, path: string, store: Store): Promise<boolean> {
  const run = (await livingRuns(store)).find(active => dirname(path).endsWith(active.run))
  return run?.status?.running.some(running => running.stage === stage) ?? false
}

const lookEvery = 250

/** A file, and the bytes that are added to it as long as it is written. */
async function* followFile(
  path: string,
  { isWritten }: { readonly isWritten: () => Promise<boolean> },
): AsyncGenerator<Buffer> {
  let read = 0
  for (let goesOn = true; goesOn; ) {
    goesOn = await isWritten()
    const { size } = await stat(path)
    if (size > read) yield* bytesOf(path, { start: read, end: size - 1 })
    read = Math.max(read, size)
    if (goesOn) await setTimeout(lookEvery)
  }
}
