/** Stages that make parts of one result, as people see them. */
import type { Outline, OutlinedStage } from './plan.ts'

/** A stage as people see it, and those that make its parts; none where it makes the whole. */
export interface Folded<Stage extends OutlinedStage> {
  readonly stage: Stage
  readonly parts: readonly Stage[]
}

/** Stages as people see them: a result that is made in parts is one stage, that of the join. */
export function foldParts<Stage extends OutlinedStage>(stages: readonly Stage[]): readonly Folded<Stage>[] {
  const joins = new Set(stages.map(({ id }) => id))
  const parts = new Map<string, Stage[]>()
  const isFolded = ({ part }: Stage): boolean => part !== undefined && joins.has(part.of)
  for (const stage of stages.filter(isFolded)) {
    const name = stage.part?.of ?? ''
    parts.set(name, [...(parts.get(name) ?? []), stage])
  }
  return stages.filter(stage => !isFolded(stage)).map(stage => ({ stage, parts: parts.get(stage.id) ?? [] }))
}

/** A plan as people see it: where a result is made in parts, its stage has the kind, the files and the inputs of these. */
export function withoutParts<Shown extends Outline>(plan: Shown): Shown {
  const stages = foldParts(plan.stages).map(({ stage, parts: [part] }) =>
    part === undefined ? stage : { ...stage, kind: part.kind, inputs: part.inputs, externals: part.externals },
  )
  return { ...plan, stages }
}
