/** Differences of two recipes and their locks: values, stages that run again, metrics, verdicts on claims. */
import { differences, type Rerun, rerunsSince } from '../../dsl/compile/changes.ts'
import type { LoadedRecipe } from '../../dsl/compile/load.ts'
import { type Lock, recordOf } from '../../dsl/compile/lock.ts'
import type { Outline } from '../../dsl/compile/plan.ts'
import { type RecipeChange, recipeChanges } from '../../dsl/compile/recipe_changes.ts'
import { type JudgedClaim, judgeClaims, type MeasuredResults } from '../report/claims.ts'

/** One of two recipes that are compared. */
export interface ComparisonSide {
  /** Name for people: `HEAD~1:recipes/x.yaml`. */
  readonly label: string
  readonly loaded: LoadedRecipe
  readonly plan: Outline
  /** The lock beside it. */
  readonly lock?: Lock
}

/** A metric that was measured on both sides, and differs. */
export interface MetricChange {
  readonly stage: string
  readonly metric: string
  readonly before: number
  readonly after: number
  /** Claims about it. */
  readonly claims: readonly string[]
  /** True if an evaluation measures it. */
  readonly isEvaluated: boolean
}

/** A claim on both sides; absent where a side does not make it. */
export interface ClaimChange {
  readonly name: string
  readonly before?: JudgedClaim
  readonly after?: JudgedClaim
}

/** All that differs. */
export interface Comparison {
  readonly changes: readonly RecipeChange[]
  readonly reruns: readonly Rerun[]
  /** Names of stages that the second side does not have. */
  readonly gone: readonly string[]
  /** Stages of the second side. */
  readonly total: number
  readonly metrics: readonly MetricChange[]
  /** Claims whose verdict changed. */
  readonly claims: readonly ClaimChange[]
  /** Stages that have changed since the lock of a side: there is no measure of them. */
  readonly unmeasured: { readonly before: readonly string[]; readonly after: readonly string[] }
  /** Files of packages and kinds of stages that the locks were made with and that differ. */
  readonly madeWith: readonly { readonly name: string; readonly before: string; readonly after: string }[]
}

/** Compares two sides. */
export function compare(before: ComparisonSide, after: ComparisonSide): Comparison {
  const [old] = before.loaded.variants
  const [now] = after.loaded.variants
  const known = recordOf(before.plan)
  const ids = new Set(after.plan.stages.map(({ id }) => id))
  const measured = { before: measuredBy(before), after: measuredBy(after) }
  return {
    changes: old && now ? recipeChanges(old, now) : [],
    reruns: rerunsSince(known, after.plan),
    gone: before.plan.stages.flatMap(({ id }) => (ids.has(id) ? [] : [id])),
    total: after.plan.stages.length,
    metrics: metricChanges(after.plan, measured),
    claims: claimChanges(before.plan, after.plan, measured),
    unmeasured: { before: staleStages(before), after: staleStages(after) },
    madeWith: before.lock && after.lock ? makingChanges(before.lock, after.lock) : [],
  }
}

/** Metrics of a side by stage, of its lock as far as that still speaks of the recipe. */
function measuredBy(side: ComparisonSide): MeasuredResults {
  const stale = new Set(staleStages(side))
  const fresh = [...(side.lock?.stages ?? [])].filter(([id]) => !stale.has(id))
  return new Map(fresh.map(([id, { output }]) => [id, { manifest: output }]))
}

/**
 * Stages that are not as they were locked, by what their recipe says. That kinds of stages or keys have new versions
 * since makes no measure of an old revision stale: it was made by its own terroir.
 */
function staleStages({ lock, plan }: ComparisonSide): readonly string[] {
  if (lock === undefined) return []
  const stale = new Set<string>()
  for (const { stage, own } of rerunsSince(lock, plan)) {
    const packages = lock.stages.get(stage.id)?.packages
    const isOwn = own.some(
      ({ kind, name }) => kind !== 'scheme' && kind !== 'version' && !(kind === 'file' && packages?.has(name)),
    )
    if (isOwn || Object.values(stage.inputs).some(input => stale.has(input.stage))) stale.add(stage.id)
  }
  return [...stale]
}

interface MeasuredSides {
  readonly before: MeasuredResults
  readonly after: MeasuredResults
}

function metricChanges(plan: Outline, { before, after }: MeasuredSides): readonly MetricChange[] {
  const found = plan.stages.flatMap(({ id: stage, path }) => {
    const metricsOf = (side: MeasuredResults) => side.get(stage)?.manifest.metrics ?? {}
    const old = metricsOf(before)
    return Object.entries(metricsOf(after)).flatMap(([metric, value]) => {
      const was = old[metric]
      if (was === undefined || was === value) return []
      const about = plan.claims.filter(claim =>
        [claim, claim.over].some(of => of?.stage === stage && of.metric === metric),
      )
      const claims = about.map(({ name }) => name)
      return [{ stage, metric, before: was, after: value, claims, isEvaluated: path[0] === 'evaluate' }]
    })
  })
  return found.toSorted((a, b) => rank(a) - rank(b))
}

/** Claimed metrics first, then evaluations. */
const rank = ({ claims, isEvaluated }: MetricChange): number => (claims.length > 0 ? 0 : isEvaluated ? 1 : 2)

function claimChanges(before: Outline, after: Outline, measured: MeasuredSides): readonly ClaimChange[] {
  const [old, now] = [judgeClaims(before, measured.before), judgeClaims(after, measured.after)].map(
    judged => new Map(judged.map(one => [one.claim.name, one])),
  )
  const names = new Set([...(now?.keys() ?? []), ...(old?.keys() ?? [])])
  return [...names].flatMap(name => {
    const [was, is] = [old?.get(name), now?.get(name)]
    if (was?.verdict === is?.verdict) return []
    return [{ name, ...(was && { before: was }), ...(is && { after: is }) }]
  })
}

/** Versions that changed between two locks, and that the recipe does not say. */
function makingChanges(before: Lock, after: Lock): Comparison['madeWith'] {
  const packages = ({ stages }: Lock) =>
    new Map([...stages.values()].flatMap(stage => [...stage.packages.values()].map(splitVersion)))
  const kinds = ({ stages }: Lock) => new Map([...stages.values()].map(({ kind }) => splitVersion(kind)))
  return [...differences(packages(before), packages(after)), ...differences(kinds(before), kinds(after))].flatMap(
    ({ name, before, after }) =>
      before === undefined || after === undefined ? [] : [{ name, before: String(before), after: String(after) }],
  )
}

/** `three-globe@2.45.2/example/earth.jpg` -> `three-globe`, `2.45.2`; `train@2` -> `train`, `2`. */
function splitVersion(text: string): readonly [string, string] {
  const [, name = text, version = ''] = /^(@?[^@]+)@([^/]+)/.exec(text) ?? []
  return [name, version]
}
