// Generated from the registries of dsl/kinds by npm run build
import type { RulesFilter } from './rules.ts'
import type { ClassifierFilter } from './classifier.ts'
import type { DedupFilter } from './dedup.ts'
import type { DecontaminateFilter } from './decontaminate.ts'
import type { UnionFilter } from './union.ts'

/** A step that keeps or drops samples, or joins datasets. @discriminator kind */
export type Filter = RulesFilter | ClassifierFilter | DedupFilter | DecontaminateFilter | UnionFilter

export type { RulesFilter } from './rules.ts'
export type { ClassifierFilter } from './classifier.ts'
export type { DedupFilter } from './dedup.ts'
export type { DecontaminateFilter } from './decontaminate.ts'
export type { UnionFilter } from './union.ts'
