/** Data stages that are made in parts: the same stage several times, each for a slice of the samples, and one that joins them. */
import { type Draft, input, params } from './draft.ts'

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
