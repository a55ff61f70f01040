/** Texts of concepts. */
import type { PromptText } from '../definition.ts'
import type { FilledQuery } from '../filled.ts'

/** Every prompt and contrast prompt, at its place in the entry. */
export const queryTexts = (queries: { readonly [name: string]: FilledQuery }): readonly PromptText[] =>
  Object.entries(queries).flatMap(([concept, { prompts, against }]) => [
    ...prompts.map((text, index) => ({ at: ['queries', concept, 'prompts', index], text })),
    ...against.map((text, index) => ({ at: ['queries', concept, 'against', index], text })),
  ])
