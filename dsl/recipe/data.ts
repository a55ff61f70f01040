/** Where samples come from, and what keeps or drops them. */
import type { FolderSource, KarpathySource, ParquetSource, WebDatasetSource } from './files.ts'
import type { Count, DatasetRef, Distance, Path, Share } from './scalars.ts'

/** A source of samples. @discriminator kind */
export type Source = LandmarkSource | CrawlSource | FolderSource | KarpathySource | WebDatasetSource | ParquetSource

/**
 * Satellite tiles around map landmarks, captioned from what lies inside the footprint.
 * @source Barzilai et al., arXiv 2503.08722: RS-Landmarks
 */
export interface LandmarkSource {
  kind: 'landmarks'
  /** GeoJSON points with `name`, `kind` and `extent_km`. */
  table: Path
  /** Imagery to cut tiles from. `blue-marble` ships with the project's dependencies. */
  imagery: 'blue-marble'
  /** Adds countries' names to captions. @default true */
  countries?: boolean
  /** Adds cities of at least this many people as landmarks and to captions; absent: none. */
  cities_above?: Count
  /** Ground widths of tiles. @minItems 1 @examples [["300km", "600km"]] */
  ground_sizes: Distance[]
  /** Tiles of each landmark, spread over the ground sizes with jittered centres. @default 4 @minimum 1 @asType integer */
  tiles_per_landmark?: number
  /** Side of a stored tile. @default 80 @minimum 16 @maximum 1024 @asType integer @unit pixels */
  tile_size?: number
  /** How landmarks are assigned to splits; tiles never cross. @default {} */
  split?: LandmarkSplit
  /** Who writes the captions. */
  captions: Captioner
}

/** Splits by landmark: all tiles of one landmark land in one split. */
export interface LandmarkSplit {
  /** Share of landmarks for validation. @default 0.05 */
  val?: Share
  /** Share of landmarks held out for tests. @default 0.15 */
  test?: Share
  /**
   * Training and validation tiles whose centre is nearer than this to a held-out landmark are dropped.
   * @default "0km"
   */
  buffer?: Distance
  /** Landmark kinds held out entirely. @default [] @examples [["lake", "island"]] @source Barzilai et al., arXiv 2503.08722: the hold-out of 89 landmark categories */
  hold_out_kinds?: string[]
}

/** Who writes captions. Other captioners join here behind the same interface. */
export type Captioner = GrammarCaptioner

/** Captions from measured facts and landmark names by a seeded grammar. */
export interface GrammarCaptioner {
  kind: 'grammar'
  /** Captions of each image. @default 3 @minimum 1 @maximum 8 @asType integer */
  per_image?: number
}

/**
 * A small crawl-like set of images with alt text: true overhead views among usual false positives.
 * @source Barzilai et al., arXiv 2503.08722: WebLI, from which RS-WebLI is filtered
 */
export interface CrawlSource {
  kind: 'crawl'
  /** Imagery the true views are cut from. */
  imagery: 'blue-marble'
  /** Samples to make. @default 2000 */
  samples?: Count
  /** Share of true overhead views. @default 0.5 */
  overhead?: Share
  /** Share of the true views whose alt text describes another image. @default 0.1 */
  wrong_text?: Share
  /** Side of a stored image. @default 80 @minimum 16 @maximum 1024 @asType integer @unit pixels */
  tile_size?: number
  /** Landmark table that honest alt texts take names from. */
  table: Path
}

/** A step that keeps or drops samples. @discriminator kind */
export type Filter = RulesFilter | ClassifierFilter | DedupFilter | DecontaminateFilter

/** Cheap rules on text and image. */
export interface RulesFilter {
  kind: 'rules'
  /** What is filtered. */
  from: DatasetRef
  /** Fewest words of an alt text. @default 2 @minimum 0 @asType integer */
  min_words?: number
  /** Most words of an alt text. @default 60 @minimum 1 @asType integer */
  max_words?: number
  /** Words that drop a sample wherever they stand in its text. @default [] */
  blocked_words?: string[]
  /** Shortest image side. @default 32 @minimum 1 @asType integer @unit pixels */
  min_side?: number
  /** Largest ratio of long to short side. @default 3 @minimum 1 */
  max_aspect?: number
  /** Smallest standard deviation of grey values (0 to 255): drops blank images. @default 4 @minimum 0 */
  min_contrast?: number
}

/**
 * Overhead-imagery classifier on image and text, trained inside the recipe on a small labelled part.
 * @source Barzilai et al., arXiv 2503.08722: RS-WebLI
 */
export interface ClassifierFilter {
  kind: 'classifier'
  /** What is filtered. */
  from: DatasetRef
  /** Samples whose human label is shown to the classifier; the rest is only measured. @default 300 */
  labelled?: Count
  /** Probability from which a sample is kept. @default 0.5 */
  threshold?: Share
}

/**
 * Drops all but the first of perceptually equal images.
 * @source Barzilai et al., arXiv 2503.08722: deduplication of RS-WebLI
 */
export interface DedupFilter {
  kind: 'dedup'
  /** What is filtered. */
  from: DatasetRef
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 4 @minimum 0 @maximum 32 @asType integer @unit bits */
  distance?: number
}

/**
 * Drops images that are perceptually equal to any image of the evaluation sets.
 * @source Barzilai et al., arXiv 2503.08722: decontamination against the evaluation sets
 */
export interface DecontaminateFilter {
  kind: 'decontaminate'
  /** What is filtered. */
  from: DatasetRef
  /** Evaluation sets. @minItems 1 @examples [["places.test"]] */
  against: DatasetRef[]
  /** Largest Hamming distance of 64-bit perceptual hashes that counts as equal. @default 6 @minimum 0 @maximum 32 @asType integer @unit bits */
  distance?: number
}
