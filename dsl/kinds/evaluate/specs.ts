// Generated from the registries of dsl/kinds by npm run build
import type { RetrievalEvaluation } from './retrieval.ts'
import type { ClassificationEvaluation } from './classification.ts'
import type { LinearProbeEvaluation } from './linear_probe.ts'
import type { CaptioningEvaluation } from './captioning.ts'
import type { LocalisationEvaluation } from './localisation.ts'

/** A measurement. @discriminator kind */
export type Evaluation = RetrievalEvaluation | ClassificationEvaluation | LinearProbeEvaluation | CaptioningEvaluation | LocalisationEvaluation

export type { RetrievalEvaluation } from './retrieval.ts'
export type { ClassNaming, ClassificationEvaluation, TemplateList } from './classification.ts'
export type { LinearProbeEvaluation } from './linear_probe.ts'
export type { CaptioningEvaluation, Decoding, GreedyDecoding, NucleusDecoding } from './captioning.ts'
export type { LocalisationEvaluation } from './localisation.ts'
