// Generated from the registries of dsl/kinds by npm run build
import type { LandmarkSource } from './sources/landmarks.ts'
import type { CrawlSource } from './sources/crawl.ts'
import type { FolderSource } from './sources/folder.ts'
import type { KarpathySource } from './sources/karpathy.ts'
import type { WebDatasetSource } from './sources/webdataset.ts'
import type { ParquetSource } from './sources/parquet.ts'
import type { RulesFilter } from './filters/rules.ts'
import type { ClassifierFilter } from './filters/classifier.ts'
import type { DedupFilter } from './filters/dedup.ts'
import type { DecontaminateFilter } from './filters/decontaminate.ts'
import type { GrammarCaptioner } from './captioners/grammar.ts'
import type { MammutModel } from './models/mammut.ts'
import type { OpenClipModel } from './models/openclip.ts'
import type { RetrievalEvaluation } from './evaluate/retrieval.ts'
import type { ClassificationEvaluation } from './evaluate/classification.ts'
import type { LinearProbeEvaluation } from './evaluate/linear_probe.ts'
import type { CaptioningEvaluation } from './evaluate/captioning.ts'
import type { LocalisationEvaluation } from './evaluate/localisation.ts'

/** A source of samples. @discriminator kind */
export type Source = LandmarkSource | CrawlSource | FolderSource | KarpathySource | WebDatasetSource | ParquetSource

/** A step that keeps or drops samples. @discriminator kind */
export type Filter = RulesFilter | ClassifierFilter | DedupFilter | DecontaminateFilter

/** A writer of captions. */
export type Captioner = GrammarCaptioner

/** An architecture. @discriminator kind */
export type Model = MammutModel | OpenClipModel

/** A measurement. @discriminator kind */
export type Evaluation = RetrievalEvaluation | ClassificationEvaluation | LinearProbeEvaluation | CaptioningEvaluation | LocalisationEvaluation

export type { LandmarkSource, LandmarkSplit } from './sources/landmarks.ts'
export type { CrawlSource } from './sources/crawl.ts'
export type { CaptionTable, FolderSource, FolderSplit, WrittenSplit } from './sources/folder.ts'
export type { KarpathySource } from './sources/karpathy.ts'
export type { HeldOut, WebDatasetSource } from './sources/webdataset.ts'
export type { ImagesAsBytes, ImagesAsPaths, ImagesInTar, ParquetImage, ParquetSource } from './sources/parquet.ts'
export type { RulesFilter } from './filters/rules.ts'
export type { ClassifierFilter } from './filters/classifier.ts'
export type { DedupFilter } from './filters/dedup.ts'
export type { DecontaminateFilter } from './filters/decontaminate.ts'
export type { GrammarCaptioner } from './captioners/grammar.ts'
export type { MammutModel, MammutSize, TokenizerSpec } from './models/mammut.ts'
export type { OpenClipArchitecture, OpenClipModel } from './models/openclip.ts'
export type { CaptionCleaning, RetrievalEvaluation } from './evaluate/retrieval.ts'
export type { ClassNaming, ClassificationEvaluation, TemplateList } from './evaluate/classification.ts'
export type { LinearProbeEvaluation } from './evaluate/linear_probe.ts'
export type { CaptioningEvaluation, Decoding, GreedyDecoding, NucleusDecoding } from './evaluate/captioning.ts'
export type { LocalisationEvaluation } from './evaluate/localisation.ts'
