/** Metrics, summaries and verdicts on claims, from the results in the store. */
import { type JudgedClaim, judgeClaims } from '../report/claims.ts'
import type { StageState } from './explain_stage.ts'
import { type PlanResult, plan, type StoreFolderOption } from './plan.ts'
import type { RecipeOptions } from './recipe.ts'

/** A stage, and the result of it that is stored. */
export interface StageResults {
  /** Name of the stage. */
  readonly stage: string
  readonly kind: string
  readonly state: StageState
  /** Measured numbers by name; none where the stage has not run. */
  readonly metrics: { readonly [name: string]: number }
  /** One line on the result; empty where the stage has not run. */
  readonly summary: string
  /** Faults that the stage survived. */
  readonly warnings: readonly string[]
  /** Time that the stage took. @unit seconds */
  readonly seconds?: number
  /** Absolute path of the files of the result. */
  readonly folder?: string
}

/** Results of a recipe. */
export interface RecipeResults {
  /** In the order of the plan. */
  readonly stages: readonly StageResults[]
  readonly claims: readonly JudgedClaim[]
}

/** The results of a recipe that are stored: metrics of finished stages, and verdicts on claims. Nothing runs. */
export async function results(file: string, options: RecipeOptions & StoreFolderOption = {}): Promise<RecipeResults> {
  const planned = await plan(file, options)
  return {
    stages: planned.plan.stages.map(stage => stageResults(stage, planned)),
    claims: judgeClaims(planned.plan, planned.results),
  }
}

function stageResults({ id, kind, key }: PlanResult['plan']['stages'][number], { results }: PlanResult): StageResults {
  const result = results.get(id)
  if (result === undefined)
    return {
      stage: id,
      kind,
      state: key === undefined ? 'data not here' : 'to run',
      metrics: {},
      summary: '',
      warnings: [],
    }
  const { metrics, summary, warnings, seconds } = result.manifest
  return { stage: id, kind, state: 'cached', metrics, summary, warnings, seconds, folder: result.folder }
}
