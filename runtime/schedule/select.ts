/** The selection of stages for a run. */
import type { Outline, Plan, Stage } from '../../dsl/compile/plan.ts'
import { isMadeFrom } from '../store/manifest.ts'
import type { Result, Store } from '../store/store.ts'

/**
 * The stage of that name, with those that make its parts, or the stages of that entry of the recipe: `pretrain` names
 * `pretrain.web` too.
 */
export function stagesNamed(plan: Plan, name: string): readonly Stage[] {
  const exact = plan.stages.filter(stage => stage.id === name || stage.part?.of === name)
  return exact.length > 0 ? exact : plan.stages.filter(stage => stage.id.startsWith(`${name}.`))
}

/** The plan cut down to some stages and all they need, with the claims that can still be measured. */
export function planUntil(plan: Plan, name: string): Plan {
  const kept = new Set(stagesNamed(plan, name).map(stage => stage.id))
  for (const stage of plan.stages.toReversed()) {
    if (kept.has(stage.id)) for (const input of Object.values(stage.inputs)) kept.add(input.stage)
  }
  return {
    ...plan,
    stages: plan.stages.filter(stage => kept.has(stage.id)),
    claims: plan.claims.filter(claim => kept.has(claim.stage)),
  }
}

/** Stages that a stage needs, directly or not, and that are not among those found. */
export const missingBefore = (plan: Plan, name: string, found: ReadonlyMap<string, Result>): readonly string[] => {
  const named = new Set(stagesNamed(plan, name))
  const missing = planUntil(plan, name).stages.filter(stage => !named.has(stage) && !found.has(stage.id))
  return missing.map(({ id }) => id)
}

/** Some stages and all that depend on them: the stages to run again when those are forced. */
export function withDependents(plan: Plan, names: readonly string[]): ReadonlySet<string> {
  const forced = new Set(names.flatMap(name => stagesNamed(plan, name)).map(stage => stage.id))
  for (const stage of plan.stages) {
    if (Object.values(stage.inputs).some(input => forced.has(input.stage))) forced.add(stage.id)
  }
  return forced
}

/**
 * The stored results of a plan's stages; a stage without a key has none. A result that was made from another result of
 * an input than the one that is stored now does not count, nor do results that were made from it.
 */
export async function findResults({ stages }: Outline, store: Store): Promise<ReadonlyMap<string, Result>> {
  const stored = await Promise.all(
    stages.map(async ({ key }) => (key === undefined ? undefined : await store.find(key))),
  )
  const found = new Map<string, Result>()
  const outdated = new Set<string>()
  for (const [index, { id, inputs }] of stages.entries()) {
    const result = stored[index]
    if (result === undefined) continue
    const digests = Object.entries(inputs).flatMap(([role, { stage }]) => {
      const digest = found.get(stage)?.manifest.digest
      return digest === undefined ? [] : [[role, digest] as const]
    })
    const isCurrent = isMadeFrom(result.manifest, Object.fromEntries(digests))
    if (isCurrent && !Object.values(inputs).some(({ stage }) => outdated.has(stage))) found.set(id, result)
    else outdated.add(id)
  }
  return found
}
