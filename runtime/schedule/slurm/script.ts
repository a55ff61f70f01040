/** The batch script of a stage: the options of its job, and the one command that it runs. */
import { join } from 'node:path'
import type { Stage } from '../../../dsl/compile/plan.ts'
import { sha256 } from '../../store/digest.ts'
import type { Store } from '../../store/store.ts'
import { program } from '../sandbox.ts'
import type { QueuedJob } from './commands.ts'
import { arrayFolder, jobFolder } from './job_files.ts'
import { mergeOptions, type SbatchOption } from './options.ts'

/** Identity of a job, which is found again by its name or its comment, whoever submitted it. */
export interface JobIdentity {
  readonly name: string
  readonly comment: string
}

/**
 * The identity of a stage's job: it has the stage's key, and differs between two stores. Stages that make parts of one
 * result have one identity, that of their array, and differ by the index of the task.
 */
export function jobIdentity({ id, key, part }: Pick<Stage, 'id' | 'key' | 'part'>, store: Store): JobIdentity {
  const place = sha256(store.folder).slice(0, 8)
  const [name, digest] = part === undefined ? [id, key] : [part.of, part.family]
  return {
    name: `terroir.${name.replaceAll(/[^A-Za-z0-9._@=-]/g, '-')}.${digest.slice(0, 16)}.${place}`,
    comment: `terroir ${digest} ${place}`,
  }
}

/** True if a job of the queue is that of a stage: by its name or its comment, and by its index in an array. */
export function isJobOf(row: Pick<QueuedJob, 'id' | 'name' | 'comment'>, stage: Stage, store: Store): boolean {
  const { name, comment } = jobIdentity(stage, store)
  const [, index] = row.id.split('_')
  return (row.name === name || row.comment === comment) && index === stage.part?.index.toString()
}

/** Seconds before the end of its time that a job hears of it, so that training saves a checkpoint. */
const notice = 60

/** Share of the estimated memory that a job asks for: Slurm kills a job that takes more. */
const memoryRoom = 1.5
/** Bytes beside the stage itself: twice the memory of the process that starts it and publishes its result. */
const ownMemory = 128 * 2 ** 20

/** The options of a stage's job. Those that a person gave come last and win. */
export function sbatchOptions(
  stage: Stage,
  { store, engine, given }: { readonly store: Store; readonly engine: string; readonly given: readonly SbatchOption[] },
): ReadonlyMap<string, string | undefined> {
  const { name, comment } = jobIdentity(stage, store)
  const { part } = stage
  const { slots, memory, cores = 1 } = stage.needs
  const own: readonly SbatchOption[] = [
    { name: 'job-name', value: name },
    { name: 'comment', value: comment },
    { name: 'chdir', value: part === undefined ? jobFolder(store, stage) : arrayFolder(store, part) },
    { name: 'output', value: part === undefined ? '%j.out' : '%a/%A_%a.out' },
    { name: 'open-mode', value: 'append' },
    { name: 'nodes', value: '1' },
    { name: 'ntasks', value: '1' },
    { name: 'cpus-per-task', value: String(cores) },
    { name: 'mem', value: `${Math.ceil((memoryRoom * memory + ownMemory) / 2 ** 20)}M` },
    // On the engine `cpu` the processor stands in for a device.
    ...(slots > 0 && engine !== 'cpu' ? [{ name: 'gres', value: `gpu:${slots}` }] : []),
    { name: 'signal', value: `B:TERM@${notice}` },
    { name: 'requeue' },
    { name: 'kill-on-invalid-dep', value: 'yes' },
  ]
  return mergeOptions([...own, ...given.filter(({ stages }) => stages === undefined || stages.has(stage.id))])
}

const quoted = (value: string): string => (/^[\w.,:/@%=+-]+$/.test(value) ? value : `"${value}"`)

const directive = ([name, value]: readonly [string, string | undefined]): string =>
  `#SBATCH --${name}${value === undefined ? '' : `=${quoted(value)}`}`

const forShell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/**
 * The text of the script of a stage's job, or of the array of all that make parts of one result. `exec`: signals that
 * Slurm sends to the script reach the program.
 */
export function scriptText(
  options: ReadonlyMap<string, string | undefined>,
  { stage, store }: { readonly stage: Stage; readonly store: Store },
): string {
  const program = [process.execPath, '--enable-source-maps', onNode].map(forShell)
  const { part } = stage
  const folder =
    part === undefined
      ? forShell(jobFolder(store, stage))
      : `${forShell(arrayFolder(store, part))}/"$SLURM_ARRAY_TASK_ID"`
  return ['#!/bin/sh', ...[...options].map(directive), `exec ${[...program, folder].join(' ')}`, ''].join('\n')
}

const onNode = join(program, 'runtime/schedule/slurm/on_node.js')

/** The tasks of an array, as `sbatch` takes them: `0-2,5`. Indices ascend. */
export function arrayOption(indices: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const index of indices) {
    const last = ranges.at(-1)
    if (last?.[1] === index - 1) last[1] = index
    else ranges.push([index, index])
  }
  return `--array=${ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')}`
}

/** Options of sbatch by name; a flag has no value. */
export type SbatchOptions = ReadonlyMap<string, string | undefined>

/**
 * Stages as they are submitted: alone, or together if they make parts of one result and have the same options. A group
 * has the place of its first stage.
 */
export function inSubmissions(
  stages: readonly Stage[],
  optionsOf: (stage: Stage) => SbatchOptions,
): readonly (readonly [Stage, ...Stage[]])[] {
  const groups = new Map<string, [Stage, ...Stage[]]>()
  for (const stage of stages) {
    const name = stage.part === undefined ? stage.key : JSON.stringify([stage.part.family, ...optionsOf(stage)])
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [stage])
    else group.push(stage)
  }
  return [...groups.values()]
}

/** Arguments of `sbatch` that are known only on submission: the jobs of the inputs, and one job of a name at a time. */
export const dependencyOption = (jobs: readonly string[]): string =>
  `--dependency=${jobs.length === 0 ? '' : `afterok:${jobs.join(':')},`}singleton`

/** The options that are known only when a stage, or the stages that make parts of one result, are submitted. */
export function submissionOptions(stages: readonly Stage[], inputs: readonly string[]): readonly string[] {
  const indices = stages.flatMap(({ part }) => part?.index ?? [])
  return [...(indices.length === 0 ? [] : [arrayOption(indices)]), dependencyOption(inputs)]
}

/** The job of a stage, by the number that `sbatch` gave. */
export const taskOf = (job: string, { part }: Stage): string => (part === undefined ? job : `${job}_${part.index}`)
