/** Failures of jobs, in words that a person can act on. */
import { readFile } from 'node:fs/promises'
import type { Stage } from '../../../dsl/compile/plan.ts'
import { boundedText } from '../../../dsl/diagnostics/bounded.ts'
import type { StageFault } from '../fault.ts'
import { program } from '../sandbox.ts'
import type { QueuedJob } from './commands.ts'
import { outputPath } from './job_files.ts'
import type { JobPhase } from './states.ts'

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

/** Advice on a refusal of sbatch, by its words. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/partition/i, 'set --sbatch partition=NAME'],
  [/account/i, 'set --sbatch account=NAME'],
  [/qos/i, 'set --sbatch qos=NAME'],
  [/time limit|--time/i, 'set --sbatch time=TIME to what the partition allows'],
  [/gres|gpu/i, 'run with --engine cpu, or name the devices of this cluster with --sbatch gres=LIST'],
  [/memory/i, 'set --sbatch mem=SIZE to what a node has, or use a smaller batch_size'],
  [/node configuration/i, 'no node has what it asks for: set --sbatch gres=LIST, mem=SIZE or partition=NAME'],
]

/** The fault of a submission that sbatch refused. */
export function refusalText(why: string, partitions: readonly string[]): string {
  const help = refusals.find(([words]) => words.test(why))?.[1] ?? 'look at the script named below'
  const known = help.includes('partition=') && partitions.length > 0 ? `; partitions: ${partitions.join(', ')}` : ''
  return `Slurm refused the job (${why}): ${help}${known}`
}

/** A job that ended without a message of its own. */
export interface LostJob {
  readonly job: string
  readonly stage: Stage
  readonly phase: Exclude<JobPhase, 'waiting' | 'running'> | 'gone'
  /** Its last row in the queue; absent if it was never seen there. */
  readonly row?: QueuedJob
}

/** Describes a job that Slurm ended, or that ended without a reason. */
export function endText({ job, stage, phase, row }: LostJob): string {
  const { id, needs } = stage
  const asked = row === undefined ? '' : ` of ${row.memory}`
  switch (phase) {
    case 'timeout':
      return `Job ${job} hit its time limit${row === undefined ? '' : ` of ${row.timeLimit}`}; raise it with --sbatch ${id}:time=TIME and run again, training goes on from its last checkpoint`
    case 'memory':
      return `Job ${job} ran out of its memory${asked} (estimate ${gibibytes(needs.memory)}); raise it with --sbatch ${id}:mem=SIZE, or use a smaller batch_size`
    case 'cancelled':
      return `Job ${job} was cancelled by scancel or by an administrator; run again to go on`
    case 'lost':
      return `Job ${job} lost its node again and again (${row?.state ?? 'no state'}); look at the node with sinfo, or leave it out with --sbatch exclude=NODE`
    case 'done':
      return `Job ${job} ended well, but its result is not to be seen; put the store on a file system that this machine and all nodes share`
    case 'failed':
      return `Job ${job} failed before the stage began; store and program must lie at the same path on every node (${process.execPath}, ${program})`
    case 'gone':
      return `Job ${job} is gone from Slurm's queue without a word; look into its output`
  }
}

/** A fault that the controller found, with the last lines that the job printed. None of these is a defect. */
export async function jobFault(text: string, { folder, job }: { folder: string; job: string }): Promise<StageFault> {
  const log = outputPath(folder, job)
  const output = await readFile(log, 'utf8').catch(() => '')
  const lastLines = output
    .trimEnd()
    .split('\n')
    .slice(-12)
    .map(line => boundedText(line, { characters: 1000 }))
  return { text, class: 'user', doing: `job ${job}`, lastLines, log }
}
