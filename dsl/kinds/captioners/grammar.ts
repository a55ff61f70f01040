/** Captioner `grammar`: captions from facts by a seeded grammar. */
import type { CaptionerDefinition } from '../definition.ts'

/** Captions from measured facts and landmark names by a seeded grammar. */
export interface GrammarCaptioner {
  kind: 'grammar'
  /** Captions of each image. @default 3 @minimum 1 @maximum 8 @asType integer */
  per_image?: number
}

/** It reads no files and calls no service. */
export const grammar = { kind: 'grammar' } as const satisfies CaptionerDefinition<'grammar'>
