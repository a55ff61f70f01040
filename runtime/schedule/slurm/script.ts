/** The batch script of a stage: what it asks of Slurm, and the one command it runs. */
import { join } from 'node:path'
import type { Stage } from '../../../dsl/compile/plan.ts'
import { sha256 } from '../../store/digest.ts'
import type { Store } from '../../store/store.ts'
import { program } from '../sandbox.ts'
import { type JobOption, mergeOptions } from './options.ts'
import { jobFolder } from './order.ts'

/** Who a job is: found again by either, whoever submitted it and whatever was recorded. */
export interface JobIdentity {
  readonly name: string
  readonly comment: string
}

/** The identity of a stage's job: it holds the stage's key, and tells two stores apart. */
export function jobIdentity({ id, key }: Pick<Stage, 'id' | 'key'>, store: Store): JobIdentity {
  const place = sha256(store.folder).slice(0, 8)
  return {
    name: `terroir.${id.replaceAll(/[^A-Za-z0-9._@=-]/g, '-')}.${key.slice(0, 16)}.${place}`,
    comment: `terroir ${key} ${place}`,
  }
}

/** Seconds before the end of its time that a job hears of it, so that training saves a checkpoint. */
const notice = 60

/** Share of the estimated memory that a job asks for: Slurm kills what takes more. */
const memoryRoom = 1.5
/** Bytes beside the stage itself: twice what the process takes that starts it and publishes its result. */
const ownMemory = 128 * 2 ** 20

/** The options of a stage's job. Those that a person gave come last and win. */
export function jobOptions(
  stage: Stage,
  { store, engine, given }: { readonly store: Store; readonly engine: string; readonly given: readonly JobOption[] },
): ReadonlyMap<string, string | undefined> {
  const { name, comment } = jobIdentity(stage, store)
  const { slots, memory, cores = 1 } = stage.needs
  const own: readonly JobOption[] = [
    { name: 'job-name', value: name },
    { name: 'comment', value: comment },
    { name: 'chdir', value: jobFolder(store, stage.key) },
    { name: 'output', value: '%j.out' },
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

/** The text of a script. `exec`: signals that Slurm sends to the script reach the program. */
export function scriptText(options: ReadonlyMap<string, string | undefined>, folder: string): string {
  const command = [process.execPath, '--enable-source-maps', join(program, 'runtime/schedule/slurm/on_node.js'), folder]
  return ['#!/bin/sh', ...[...options].map(directive), `exec ${command.map(forShell).join(' ')}`, ''].join('\n')
}

/** Arguments of `sbatch` that are known only on submission: the jobs of the inputs, and one job of a name at a time. */
export const dependencyOption = (jobs: readonly string[]): string =>
  `--dependency=${jobs.length === 0 ? '' : `afterok:${jobs.join(':')},`}singleton`
