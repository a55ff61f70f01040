// Generated from the registries of dsl/kinds by npm run build
import type { RulesFilter } from './rules.ts'
import type { ClassifierFilter } from './classifier.ts'
import type { DedupFilter } from './dedup.ts'
import type { DecontaminateFilter } from './decontaminate.ts'

/** A step that keeps or drops samples. @discriminator kind */
export type Filter = RulesFilter | ClassifierFilter | DedupFilter | DecontaminateFilter

export type { RulesFilter } from './rules.ts'
export type { ClassifierFilter } from './classifier.ts'
export type { DedupFilter } from './dedup.ts'
export type { DecontaminateFilter } from './decontaminate.ts'
