// Generated from the registries of dsl/kinds by npm run build
import type { LandmarkSource } from './landmarks.ts'
import type { CrawlSource } from './crawl.ts'
import type { FolderSource } from './folder.ts'
import type { KarpathySource } from './karpathy.ts'
import type { WebDatasetSource } from './webdataset.ts'
import type { ParquetSource } from './parquet.ts'

/** A source of samples. @discriminator kind */
export type Source = LandmarkSource | CrawlSource | FolderSource | KarpathySource | WebDatasetSource | ParquetSource

export type { LandmarkSource, LandmarkSplit } from './landmarks.ts'
export type { CrawlSource } from './crawl.ts'
export type { CaptionTable, FolderSource, FolderSplit, WrittenSplit } from './folder.ts'
export type { KarpathySource } from './karpathy.ts'
export type { HeldOut, WebDatasetSource } from './webdataset.ts'
export type { ImagesAsBytes, ImagesAsPaths, ImagesInTar, ParquetImage, ParquetSource } from './parquet.ts'
