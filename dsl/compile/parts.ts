/** Data stages that are made in parts: the same stage several times, each for a slice of the samples, and one that joins them. */
import { type Draft, input, params } from './draft.ts'
import type { Outline, OutlinedStage } from './plan.ts'

/** The stages of a draft that is made in so many parts; one part is the draft itself, under the same key as ever. */
export function inParts(draft: Draft, count: number): readonly Draft[] {
  if (count === 1) return [draft]
  const { id, path } = draft
  const parts = Array.from(
    { length: count },
    (_, index): Draft => ({
      ...draft,
      id: `${id}.${index}`,
      params: { ...draft.params, part: { index, of: count } },
      part: { of: id, index, count },
    }),
  )
  const inputs = Object.fromEntries(parts.map((part, index) => [`part.${index}`, input(part.id)]))
  return [
    ...parts,
    { id, kind: 'join', params: params({ max_corrupt: draft.params.max_corrupt }), inputs, files: [], path },
  ]
}

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
