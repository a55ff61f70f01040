/**
 * The folder of a stage's jobs, `STORE/slurm/KEY`, or `STORE/slurm/FAMILY/INDEX` for one that makes a part: the files by
 * which controller and node exchange messages.
 *
 * `order.json` and `script.sh` go to the node. For each job, `JOB.ndjson` comes back, a line for each message, and
 * `JOB.end.json` once it has ended by itself. Both sides see them through a shared file system.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stage, StagePart } from '../../../dsl/compile/plan.ts'
import { isRecord, isText, parseJson } from '../../../dsl/values/json.ts'
import { replaceFile } from '../../store/files.ts'
import type { Store } from '../../store/store.ts'

/** An input: the stored result of a key. */
export interface JobInput {
  readonly stage: string
  readonly key: string
  readonly split?: string
}

/** The specification of a job. */
export interface JobSpec {
  readonly stage: Stage
  readonly inputs: { readonly [role: string]: JobInput }
  /** Absolute path of the store's folder, the same on every node. */
  readonly store: string
  readonly recipe: string
  readonly engine: string
  /** Run even if a result is stored, and put the new one in its place. */
  readonly replace: boolean
  /** Try only the failed items of the stored result again. */
  readonly retry?: boolean
  /** Module the worker runs; see `localRunner`. */
  readonly entry?: string
}

/** Folder of the jobs of an array, in which each task has a folder by its index. */
export const arrayFolder = (store: Store, { family }: StagePart): string => join(store.folder, 'slurm', family)

/** Folder of the jobs of a stage. */
export const jobFolder = (store: Store, { key, part }: Pick<Stage, 'key' | 'part'>): string =>
  part === undefined ? join(store.folder, 'slurm', key) : join(arrayFolder(store, part), String(part.index))

/** Path of a job's messages. */
export const messagesPath = (folder: string, job: string): string => join(folder, `${job}.ndjson`)

/** Path of a job's last message. */
export const endPath = (folder: string, job: string): string => join(folder, `${job}.end.json`)

/** Path of the output of a job, of its libraries and of Slurm. */
export const outputPath = (folder: string, job: string): string => join(folder, `${job}.out`)

const specName = 'order.json'

/** Path of the specification in a folder of jobs. Its name is older; jobs of earlier versions may be in the queue. */
export const specPath = (folder: string): string => join(folder, specName)

/** Writes the specification of a job. */
export async function writeJobSpec(folder: string, order: JobSpec): Promise<void> {
  await mkdir(folder, { recursive: true })
  await replaceFile(specPath(folder), aside => writeFile(aside, `${JSON.stringify(order, null, 1)}\n`))
}

/** Writes the script of a job, or of an array of jobs; returns its path. */
export async function writeScript(folder: string, script: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'script.sh')
  await replaceFile(path, aside => writeFile(aside, script, { mode: 0o755 }))
  return path
}

const isInput = (value: unknown): boolean => isRecord(value) && isText(value.key) && isText(value.stage)

function isStage(value: unknown): value is Stage {
  if (!isRecord(value) || ![value.id, value.kind, value.key].every(isText)) return false
  const { needs } = value
  return (
    isRecord(value.params) &&
    isRecord(value.inputs) &&
    Array.isArray(value.externals) &&
    isRecord(value.files) &&
    isRecord(needs) &&
    typeof needs.slots === 'number' &&
    typeof needs.memory === 'number'
  )
}

function isJobSpec(value: unknown): value is JobSpec {
  if (!isRecord(value) || ![value.store, value.recipe, value.engine].every(isText)) return false
  return isStage(value.stage) && isRecord(value.inputs) && Object.values(value.inputs).every(isInput)
}

/** Reads a specification; `undefined` if the text is none. */
export function parseJobSpec(text: string): JobSpec | undefined {
  const value = parseJson(text)
  return isJobSpec(value) ? value : undefined
}
