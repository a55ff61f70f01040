/** Plans as they are displayed: stages that make parts of one result are one stage. */
import type { Outline, OutlinedStage } from './plan.ts'

/** A displayed stage, and the stages that make its parts; none if it makes the whole result. */
export interface Folded<Stage extends OutlinedStage> {
  readonly stage: Stage
  readonly parts: readonly Stage[]
}

/** Displayed stages: a result that is made in parts is one stage, that of the join. */
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

/** A displayed plan: the stage of a result that is made in parts has the kind, the files and the inputs of the parts. */
export function withoutParts<Displayed extends Outline>(plan: Displayed): Displayed {
  const stages = foldParts(plan.stages).map(({ stage, parts: [part] }) =>
    part === undefined ? stage : { ...stage, kind: part.kind, inputs: part.inputs, externals: part.externals },
  )
  return { ...plan, stages }
}
