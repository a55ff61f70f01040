// Generated from the registries of dsl/kinds by npm run build
import type { GrammarCaptioner } from './grammar.ts'

/** A writer of captions. */
export type Captioner = GrammarCaptioner

export type { GrammarCaptioner } from './grammar.ts'
