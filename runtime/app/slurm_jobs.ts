/** Jobs of Slurm: their options, and their scripts before they are submitted. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { parseSbatchOption, type SbatchOption } from '../schedule/slurm/options.ts'
import type { Store } from '../store/store.ts'
import { RequestFault } from './faults.ts'
import type { StageChoice } from './run_options.ts'

/** The options of sbatch that a run was given. Throws a {@link RequestFault} where options do not fit together. */
export function readJobOptions(
  plan: Plan,
  { executor, sbatch = [], jobs, timeout }: StageChoice,
): readonly SbatchOption[] {
  if (executor !== 'slurm') {
    if (sbatch.length > 0) throw new RequestFault('--sbatch is for jobs of Slurm; add --executor slurm')
    return []
  }
  if (jobs !== undefined)
    throw new RequestFault('--jobs is for this machine; Slurm decides itself how many jobs run at the same time')
  if (timeout !== undefined) throw new RequestFault('--timeout is for this machine; limit jobs with --sbatch time=TIME')
  try {
    return sbatch.map(text => parseSbatchOption(plan, text))
  } catch (cause) {
    throw new RequestFault(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** The scripts of the stages to run, each behind the command that would submit it. */
export async function describeJobs(
  stages: Plan['stages'],
  {
    engine,
    store,
    sbatchOptions: given,
  }: { readonly engine: string; readonly store: Store; readonly sbatchOptions: readonly SbatchOption[] },
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
