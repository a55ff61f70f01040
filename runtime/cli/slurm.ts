/** `terroir run --executor slurm`: its flags, its dry run, and what it leaves behind. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { parseSbatchOption, type SbatchOption } from '../schedule/slurm/options.ts'
import type { Store } from '../store/store.ts'

/** Flags that say where stages run. */
export interface ExecutorFlags {
  readonly executor?: 'local' | 'slurm'
  readonly sbatch?: readonly string[]
  readonly dryRun?: true
  readonly jobs?: number
  readonly timeout?: number
}

/** The options of `--sbatch`. Throws, with words for a person, where flags do not fit together or are none. */
export function readExecutorFlags(plan: Plan, { executor, sbatch = [], dryRun, jobs, timeout }: ExecutorFlags) {
  if (executor !== 'slurm') {
    if (sbatch.length > 0) throw new Error('--sbatch is for jobs of Slurm; add --executor slurm')
    if (dryRun) throw new Error('--dry-run prints jobs of Slurm; add --executor slurm, or use terroir plan')
    return []
  }
  if (jobs !== undefined)
    throw new Error('--jobs is for this machine; Slurm decides itself how many jobs run at the same time')
  if (timeout !== undefined) throw new Error('--timeout is for this machine; limit jobs with --sbatch time=TIME')
  return sbatch.map(text => parseSbatchOption(plan, text))
}

/** The scripts of the stages to run, each behind the command that would submit it. */
export async function describeJobs(
  stages: Plan['stages'],
  { engine, store, given }: { readonly engine: string; readonly store: Store; readonly given: readonly SbatchOption[] },
): Promise<string> {
  const { inSubmissions, sbatchOptions, scriptText, submissionOptions } = await import('../schedule/slurm/script.ts')
  const ids = new Set(stages.map(({ id }) => id))
  const optionsOf = (stage: Stage) => sbatchOptions(stage, { store, engine, given })
  const inputsOf = ({ inputs }: Stage): readonly string[] =>
    Object.values(inputs).flatMap(input => (ids.has(input.stage) ? [`<${input.stage}>`] : []))
  return inSubmissions(stages, optionsOf)
    .map(group => {
      const [stage] = group
      const inputs = [...new Set(group.flatMap(inputsOf))]
      const command = ['sbatch', ...submissionOptions(group, inputs)].join(' ')
      return `# ${group.map(({ id }) => id).join(', ')}: ${command}\n${scriptText(optionsOf(stage), { stage, store })}`
    })
    .join('\n')
}

/** What to do about jobs that go on after the run was left; tasks of an array go by its number. */
export function leftText(jobs: readonly string[]): string {
  const numbers = [...new Set(jobs.map(job => job.replace(/_.*/, '')))]
  return `Jobs go on under Slurm: ${numbers.join(', ')}\nhint: the same command watches them again, scancel ${numbers.join(' ')} ends them`
}
