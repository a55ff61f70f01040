/** Samples counted by reason, with some of each as examples, while verdicts pass by. */
import type { Sample } from '../../data/sample.ts'

/** The samples of one reason. */
export interface ReasonGroup<Judged> {
  /** Undefined for those that are kept. */
  readonly reason: string | undefined
  readonly count: number
  /** Samples with the human label of an overhead view. */
  readonly overhead: number
  /** Some of them, at even steps through the dataset. */
  readonly examples: readonly Judged[]
}

/** Groups verdicts by reason. */
export interface Reasons<Judged> {
  add(reason: string | undefined, judged: Judged): void
  /** In the order in which the reasons occur first. */
  groups(): readonly ReasonGroup<Judged>[]
}

interface OpenGroup<Judged> {
  count: number
  overhead: number
  /** Positions in the group between examples: a power of two. */
  step: number
  examples: Judged[]
}

/** Starts to group verdicts; no more than `most` examples of a reason are in memory. */
export function createReasons<Judged extends { readonly sample: Sample }>(most: number): Reasons<Judged> {
  const open = new Map<string | undefined, OpenGroup<Judged>>()
  function groupOf(reason: string | undefined): OpenGroup<Judged> {
    const found = open.get(reason)
    if (found !== undefined) return found
    const group: OpenGroup<Judged> = { count: 0, overhead: 0, step: 1, examples: [] }
    open.set(reason, group)
    return group
  }
  return {
    add(reason, judged) {
      const group = groupOf(reason)
      if (group.count % group.step === 0) group.examples.push(judged)
      if (group.examples.length > most) {
        group.step *= 2
        group.examples = group.examples.filter((_, i) => i % 2 === 0)
      }
      group.count += 1
      if (judged.sample.overhead === true) group.overhead += 1
    },
    groups: () => [...open].map(([reason, { step: _, ...group }]) => ({ reason, ...group })),
  }
}

/** At most `most` examples of some groups: of each the same number, at even steps. */
export function evenExamples<Judged>(groups: readonly ReasonGroup<Judged>[], most: number): readonly Judged[] {
  const share = Math.floor(most / Math.max(1, groups.length)) || 1
  return groups.flatMap(({ examples }) => {
    const step = Math.ceil(examples.length / share)
    return examples.filter((_, i) => i % step === 0)
  })
}
