/** The sections of a recipe. */

/** Sections whose entries have names, in the order in which data flows. */
export const sections = ['sources', 'filters', 'models', 'train', 'distill', 'evaluate', 'claims'] as const

/** A section of named entries. */
export type Section = (typeof sections)[number]
