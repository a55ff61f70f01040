/** Slurm's words for the state of a job, grouped by their meaning for a stage. */

/** Phase of a job. `lost`: Slurm took its node away; the work can go on elsewhere. */
export type JobPhase = 'waiting' | 'running' | 'done' | 'failed' | 'timeout' | 'memory' | 'lost' | 'cancelled'

const words: Readonly<Record<JobPhase, readonly string[]>> = {
  waiting: ['PENDING', 'CONFIGURING', 'REQUEUED', 'REQUEUE_FED', 'REQUEUE_HOLD', 'RESV_DEL_HOLD', 'SPECIAL_EXIT'],
  running: ['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'STAGE_OUT', 'RESIZING'],
  done: ['COMPLETED'],
  failed: ['FAILED', 'REVOKED'],
  timeout: ['TIMEOUT', 'DEADLINE'],
  memory: ['OUT_OF_MEMORY'],
  lost: ['NODE_FAIL', 'BOOT_FAIL', 'PREEMPTED'],
  cancelled: ['CANCELLED'],
}

const phases = new Map(
  Object.entries({ ...words }).flatMap(([phase, all]) => all.map(word => [word, phase as JobPhase] as const)),
)

/** The phase of a state such as `RUNNING` or `CANCELLED by 1000`. An unknown state, of a newer Slurm, counts as running. */
export const phaseOf = (state: string): JobPhase => phases.get(state.split(' ')[0] ?? '') ?? 'running'

/** True if a job of this phase may still change by itself. */
export const isActive = (phase: JobPhase): boolean => phase === 'waiting' || phase === 'running'

/** Reasons of `squeue` for which a job waits until a person does something. */
const stuck: { readonly [reason: string]: string } = {
  PartitionTimeLimit: 'it asks for more time than the partition allows; set --sbatch time=TIME',
  PartitionNodeLimit: 'the partition is too small for it; set --sbatch partition=NAME',
  PartitionConfig:
    'the partition has no node of this size; set --sbatch partition=NAME, mem=SIZE or cpus-per-task=COUNT',
  PartitionDown: 'the partition is down; wait, or set --sbatch partition=NAME',
  BadConstraints: 'no node has what it asks for; set --sbatch mem=SIZE, gres=LIST or constraint=FEATURE',
  JobHeldUser: 'you hold it; scontrol release JOB lets it go',
  JobHeldAdmin: 'an administrator holds it; ask them',
}

/** The reason for which a job waits, in words: that of squeue, and advice if waiting alone does not help. */
export function waitText(job: string, reason: string): string {
  const help = stuck[reason]
  if (reason === 'None' || reason === '') return `job ${job}`
  return help === undefined
    ? `job ${job}: ${reason}`
    : `job ${job} cannot start (${reason}): ${help.replace('JOB', job)}`
}
