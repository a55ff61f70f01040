/** Why a job failed, in words a person can act on. */
import { readFile } from 'node:fs/promises'
import type { Stage } from '../../../dsl/compile/plan.ts'
import type { StageFault } from '../fault.ts'
import { program } from '../sandbox.ts'
import type { QueuedJob } from './commands.ts'
import { outputPath } from './job_files.ts'
import type { JobPhase } from './states.ts'

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

/** What to change where sbatch refuses, by its words. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/partition/i, 'set --sbatch partition=NAME'],
  [/account/i, 'set --sbatch account=NAME'],
  [/qos/i, 'set --sbatch qos=NAME'],
  [/time limit|--time/i, 'set --sbatch time=TIME to what the partition allows'],
  [/gres|gpu/i, 'run with --engine cpu, or name the devices of this cluster with --sbatch gres=LIST'],
  [/memory/i, 'set --sbatch mem=SIZE to what a node has, or use a smaller batch_size'],
  [/node configuration/i, 'no node has what it asks for: set --sbatch gres=LIST, mem=SIZE or partition=NAME'],
]

/** Words for a submission that sbatch refused. */
export function refusalText(why: string, partitions: readonly string[]): string {
  const help = refusals.find(([words]) => words.test(why))?.[1] ?? 'look at the script named below'
  const known = help.includes('partition=') && partitions.length > 0 ? `; partitions: ${partitions.join(', ')}` : ''
  return `Slurm refused the job (${why}): ${help}${known}`
}

/** What is known of a job that ended without a word of its own. */
export interface LostJob {
  readonly job: string
  readonly stage: Stage
  readonly phase: Exclude<JobPhase, 'waiting' | 'running'> | 'gone'
  /** Its last row in the queue; absent where it was never seen there. */
  readonly row?: QueuedJob
}

/** Words for a job that Slurm ended, or that ended without saying why. */
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
      return `Job ${job} is gone from Slurm's queue without a word; run again, and look into its output if it repeats`
  }
}

/** A fault told by the controller: with the last lines the job printed. */
export async function jobFault(text: string, { folder, job }: { folder: string; job: string }): Promise<StageFault> {
  const log = outputPath(folder, job)
  const output = await readFile(log, 'utf8').catch(() => '')
  return { text, doing: `job ${job}`, lastLines: output.trimEnd().split('\n').slice(-12), log }
}
