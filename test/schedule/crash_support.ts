/** Runs a small real recipe, and says whether what a kill has left is sound. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import sharp from 'sharp'
import { parseJson } from '../../dsl/values/json.ts'
import { processStart } from '../../runtime/store/process.ts'
import { listResults, openStore, type Store } from '../../runtime/store/store.ts'
import { projectRoot } from '../support.ts'

const cli = join(import.meta.dirname, '../../runtime/cli/main.js')
const faultPoints = join(import.meta.dirname, 'fixtures', 'fault_points.js')

/** Writes a recipe that ingests, trains and measures in seconds, and its twelve images. */
export async function writeProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'photos'), { recursive: true })
  await cp(join(projectRoot, 'test/schedule/fixtures/tiny.yaml'), join(folder, 'tiny.yaml'))
  const rows = ['image,caption']
  for (let i = 0; i < 12; i += 1) {
    const background = { r: (i * 53) % 256, g: (i * 97) % 256, b: (i * 31) % 256 }
    await sharp({ create: { width: 24, height: 24, channels: 3, background } })
      .png()
      .toFile(join(folder, `photos/${i}.png`))
    rows.push(`${i}.png,field ${i} from above`)
  }
  await writeFile(join(folder, 'photos', 'captions.csv'), `${rows.join('\n')}\n`)
}

/** A fault at one call to the file system of the controller. */
export interface FaultPoint {
  readonly fault: 'kill' | 'full' | 'count'
  readonly at: number
}

/** Starts the real command line on the project, without any flag but the one that asks for events. */
export const startRun = (folder: string, point?: FaultPoint) =>
  execa('node', [...(point ? ['--import', faultPoints] : []), cli, 'run', 'tiny.yaml', '--json'], {
    cwd: folder,
    reject: false,
    env: {
      TERROIR_STORE: '',
      TERROIR_SLOTS_FOLDER: join(folder, 'slots'),
      ...(point && { FAULT: point.fault, FAULT_AT: String(point.at) }),
    },
  })

/** Processes that work in a folder, or were told its path; not those that merely wait for them. */
export function processesIn(folder: string): readonly number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => {
    if (pid === process.pid) return false
    try {
      const cwd = readlinkSync(`/proc/${pid}/cwd`)
      return (
        cwd.startsWith(`${folder}/`) || cwd === folder || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
      )
    } catch {
      return false
    }
  })
}

/** Waits until no process works in the folder; returns those that survive ten seconds. */
export async function survivors(folder: string): Promise<readonly number[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (processesIn(folder).every(pid => processStart(pid) === undefined)) return []
    await setTimeout(50)
  }
  return processesIn(folder)
}

/** What a run comes to that must be the same whatever happened on the way. */
export interface Ending {
  readonly lock: string
  /** Metrics by key. */
  readonly metrics: string
}

/** Reads what a finished run left. */
export async function endingOf(folder: string): Promise<Ending> {
  const store = openStore(join(folder, '.terroir'))
  const { keys } = await listResults(store)
  const metrics = await Promise.all(keys.map(async key => [key, (await store.read(key))?.manifest.metrics]))
  return { lock: await readFile(join(folder, 'tiny.lock'), 'utf8'), metrics: JSON.stringify(metrics) }
}

/** Keys of results that are published and read as they were published; throws where one does not. */
export async function soundKeys(store: Store): Promise<readonly string[]> {
  const { keys, foreign } = await listResults(store)
  const faults = (await Promise.all(keys.map(key => store.verify(key)))).flat()
  if (faults.length + foreign.length > 0) throw new Error(`Torn results: ${[...faults, ...foreign].join('; ')}`)
  return keys
}

/** Folders in which a finished run leaves nothing. */
const emptyFolders = ['staging', 'claims', 'alive', 'checkpoints', 'damaged', 'replaced']

/**
 * Lets the next plain run go on from what a fault has left, and returns what is wrong, one line a fault: it must
 * succeed, run no committed stage again, leave nothing behind, and end as an undisturbed run.
 */
export async function faultsOfNextRun(folder: string, undisturbed: Ending): Promise<readonly string[]> {
  const left = await survivors(folder)
  const store = openStore(join(folder, '.terroir'))
  const committed = new Set<unknown>()
  for (const key of await soundKeys(store)) committed.add((await store.read(key))?.manifest.id)
  const { exitCode, stdout, stderr } = await startRun(folder)
  const events = stdout.split('\n').map(parseJson)
  const again = events.flatMap(event =>
    isEvent(event) && event.kind === 'stage-started' && committed.has(event.stage) ? [String(event.stage)] : [],
  )
  const remains = await Promise.all(
    emptyFolders.map(async name => {
      const found = await readdir(join(folder, '.terroir', name)).catch(() => [])
      return found.map(file => `${name}/${file} was left`)
    }),
  )
  const ending = exitCode === 0 ? await endingOf(folder) : undefined
  await soundKeys(store)
  return [
    ...left.map(pid => `process ${pid} survived`),
    ...(exitCode === 0 ? [] : [`the next run ended with ${exitCode}: ${stderr}`]),
    ...again.map(stage => `"${stage}" ran again`),
    ...(exitCode === 0 ? remains.flat() : []),
    ...(existsSync(join(folder, 'tiny.lock.new')) ? ['tiny.lock.new was left'] : []),
    ...(ending !== undefined && ending.lock !== undisturbed.lock ? ['the lock differs'] : []),
    ...(ending !== undefined && ending.metrics !== undisturbed.metrics ? ['the metrics differ'] : []),
  ]
}

/** Runs the project twice at the same time; both must end well, each stage run once, and nothing be left. */
export async function faultsOfRace(folder: string, undisturbed: Ending): Promise<readonly string[]> {
  const runs = await Promise.all([startRun(folder), startRun(folder)])
  const done = runs.flatMap(({ stdout }) =>
    stdout.split('\n').flatMap(line => {
      const event = parseJson(line)
      return isEvent(event) && event.kind === 'stage-done' ? [String(event.stage)] : []
    }),
  )
  return [
    ...runs.flatMap(({ exitCode, stderr }) => (exitCode === 0 ? [] : [`a run ended with ${exitCode}: ${stderr}`])),
    ...done.filter((stage, index) => done.indexOf(stage) !== index).map(stage => `"${stage}" ran twice`),
    ...(await faultsOfNextRun(folder, undisturbed)),
  ]
}

const isEvent = (value: unknown): value is { readonly kind: string; readonly stage?: unknown } =>
  typeof value === 'object' && value !== null && 'kind' in value
