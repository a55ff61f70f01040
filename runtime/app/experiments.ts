/** Experiments: what locks, at present or in earlier commits, and records of runs say, one row for each. */
import { existsSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Lock } from '../../dsl/compile/lock.ts'
import { parseLock } from '../../dsl/compile/lock_text.ts'
import type { Json } from '../../dsl/compile/plan.ts'
import { askGit } from '../git/git.ts'
import { type JudgedClaim, judgeClaims } from '../report/claims.ts'
import { storeFolder } from '../store/store.ts'
import { RequestFault } from './faults.ts'
import { lockPath } from './lock_file.ts'
import type { StoreFolderOption } from './plan.ts'
import { readVariants } from './variants.ts'

/** A metric of an experiment. */
export interface ExperimentMetric {
  /** Mean over seeds; the value itself where there is one. */
  readonly value: number
  /** Standard deviation over seeds; absent where there is one. */
  readonly deviation?: number
  /** Number of seeds. */
  readonly count: number
}

/** One row: a cell of a recipe's matrix, as one lock or record has it, seeds joined. */
export interface Experiment {
  readonly recipe: string
  /** Path of the recipe or its lock, as it was found. */
  readonly place: string
  /** The commit, abbreviated, of a lock of an earlier revision. */
  readonly commit?: string
  /** Changes of a run with `--set`. */
  readonly set: readonly string[]
  /** Values of the axes of the matrix. */
  readonly axes: ReadonlyMap<string, string>
  /** Parameters of stages by `STAGE.PARAMETER`, without those of the axes' names. */
  readonly params: ReadonlyMap<string, Json>
  /** Metrics by `STAGE.METRIC`, without the labels of cells. */
  readonly metrics: ReadonlyMap<string, ExperimentMetric>
  readonly claims: readonly JudgedClaim[]
}

/** Options of {@link experiments}. */
export interface ExperimentOptions extends StoreFolderOption {
  /** Number of earlier commits of each lock. @default 0 */
  readonly commits?: number | undefined
}

interface FoundLock extends Pick<Experiment, 'place' | 'set'> {
  readonly lock: Lock
  readonly commit?: string
}

/**
 * The experiments of recipes, locks and folders of such, of their earlier commits, and of the records in the store.
 *
 * @param places paths; the current folder where there is none
 */
export async function experiments(
  places: readonly string[],
  { store, commits = 0 }: ExperimentOptions = {},
): Promise<readonly Experiment[]> {
  const given = places.length === 0 ? ['.'] : places
  const paths = [...new Set((await Promise.all(given.map(locksAt))).flat())]
  const present = await Promise.all(paths.map(readPresent))
  const earlier = commits > 0 ? paths.flatMap(path => earlierLocks(path, commits)) : []
  const wanted = new Set(paths.map(path => resolve(path)))
  const records = (await readVariants(storeFolder(store))).filter(
    ({ recipe }) => places.length === 0 || wanted.has(lockPath(recipe)) || given.some(path => isBelow(recipe, path)),
  )
  const variants = records.map(({ recipe, set, lock }): FoundLock => ({ place: relative('.', recipe), set, lock }))
  return [...present.flat(), ...earlier, ...variants].flatMap(rowsOf)
}

const isBelow = (path: string, folder: string): boolean => !relative(resolve(folder), path).startsWith('..')

/** Locks that a path names: itself, that of a recipe, or all below a folder. */
async function locksAt(place: string): Promise<readonly string[]> {
  if (!existsSync(place)) throw new RequestFault(`There is no '${place}'; name a recipe, a lock or a folder`)
  if (statSync(place).isDirectory()) return locksBelow(place)
  const lock = place.endsWith('.lock') ? place : lockPath(place)
  return existsSync(lock) ? [lock] : []
}

async function locksBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = entries.map(async entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return /^(\.|node_modules$)/.test(entry.name) ? [] : locksBelow(path)
    return entry.isFile() && entry.name.endsWith('.lock') ? [path] : []
  })
  return (await Promise.all(found)).flat().sort()
}

/** A file of that ending may be another program's. */
async function readPresent(place: string): Promise<readonly FoundLock[]> {
  const lock = parseLock(await readFile(place, 'utf8'))
  return lock === undefined ? [] : [{ place, set: [], lock }]
}

/** The lock as the latest commits that changed it have it, the newest first, without the present one. */
function earlierLocks(place: string, commits: number): readonly FoundLock[] {
  const folder = dirname(resolve(place))
  const git = (...args: readonly string[]) => askGit(['-C', folder, ...args])
  const name = `./${basename(place)}`
  const log = git('log', `--max-count=${commits + 1}`, '--format=%h', '--', name) ?? ''
  const present = git('show', `HEAD:${name}`)
  const isCommitted = present !== undefined && git('diff', '--quiet', 'HEAD', '--', name) !== undefined
  const revisions = log.split('\n').filter(line => line !== '')
  return revisions.slice(isCommitted ? 1 : 0, isCommitted ? undefined : commits).flatMap(commit => {
    const lock = parseLock(git('show', `${commit}:${name}`) ?? '')
    return lock === undefined ? [] : [{ place, commit, set: [], lock }]
  })
}

/** The axis whose cells are repetitions of one experiment. */
const seedAxis = 'seed'

/** One row for each cell; cells that differ in their seed alone are one. */
function rowsOf({ lock, ...found }: FoundLock): readonly Experiment[] {
  const stages = [...lock.stages].map(([id, stage]) => ({ ...parseStage(id), id, stage }))
  const results = new Map([...lock.stages].map(([id, { output }]) => [id, { manifest: output }]))
  const judged = judgeClaims({ claims: [...lock.claims.values()] }, results)
  return cellsOf(stages.map(({ axes }) => axes)).map(axes => {
    const own = stages.filter(stage => isWithin(stage.axes, axes))
    const params = own.flatMap(({ base, stage }) =>
      [...stage.params].map(([path, value]): [string, Json] => [`${base}.${path}`, value]),
    )
    const values = new Map<string, number[]>()
    for (const { base, stage } of own)
      for (const [metric, value] of Object.entries(stage.output.metrics)) {
        const name = `${base}.${metric}`
        values.set(name, [...(values.get(name) ?? []), value])
      }
    const claims = judged.filter(({ claim }) => own.some(({ id }) => id === claim.stage))
    const metrics = new Map([...values].map(([name, all]) => [name, summary(all)]))
    return { recipe: lock.name, ...found, axes, params: new Map(params), metrics, claims }
  })
}

/** `pretrain.web@width=64,seed=1` -> its base and the axes of its label. */
function parseStage(id: string): { readonly base: string; readonly axes: ReadonlyMap<string, string> } {
  const at = id.indexOf('@')
  if (at < 0) return { base: id, axes: new Map() }
  const pairs = id
    .slice(at + 1)
    .split(/,(?=[a-z][a-z0-9_-]*=)/)
    .map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
  return { base: id.slice(0, at), axes: new Map(pairs) }
}

/** The cells that labels of stages name, without their seeds: those that are no part of another. */
function cellsOf(labels: readonly ReadonlyMap<string, string>[]): readonly ReadonlyMap<string, string>[] {
  const cells = new Map(
    labels.map(axes => {
      const rest = new Map([...axes].filter(([axis]) => axis !== seedAxis))
      return [JSON.stringify([...rest]), rest] as const
    }),
  )
  const all = [...cells.values()]
  return all.filter(cell => !all.some(other => other.size > cell.size && isWithin(cell, other)))
}

const isWithin = (part: ReadonlyMap<string, string>, whole: ReadonlyMap<string, string>): boolean =>
  [...part].every(([axis, value]) => axis === seedAxis || whole.get(axis) === value)

/** Mean and standard deviation (n - 1) over seeds. */
function summary(values: readonly number[]): ExperimentMetric {
  const count = values.length
  const value = values.reduce((sum, one) => sum + one, 0) / count
  if (count < 2) return { value, count }
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / (count - 1)
  return { value, deviation: Math.sqrt(variance), count }
}
