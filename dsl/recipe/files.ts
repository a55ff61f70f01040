/** Sources that read images of one's own, in the forms that datasets are distributed in. */
import type { Count, Path, ResizeFilter, Share } from './scalars.ts'

/**
 * Images of one's own: a folder with a table of captions, or with a sub-folder for each class.
 */
export interface FolderSource {
  kind: 'folder'
  /** The folder. @examples ["photos"] */
  path: Path
  /**
   * Table of captions inside the folder, `.csv`, `.tsv` or `.jsonl`, several rows may name one image; or a mapping that
   * names its columns. Absent: sub-folders are classes and captions come from class names. @examples ["captions.csv"]
   */
  captions?: string | CaptionTable
  /** Folder that the table's image paths start from. Absent: `path`. @examples ["photos"] */
  images?: Path
  /** Side of a stored image; the shorter side is scaled and the centre is cut. @default 80 @minimum 16 @maximum 1024 @asType integer @unit pixels */
  tile_size?: number
  /** Filter by which an image of another size is scaled. @default "lanczos3" */
  resize?: ResizeFilter
  /**
   * Shares held out by image file; or `folders`: the first folder of an image's path is its split, `train`, `val`
   * (`valid`, `validation`, `dev`) or `test`; or `column`: the table says it. @default {}
   */
  split?: FolderSplit | WrittenSplit
  /**
   * Words for classes, by their names in the files: captions made of class names use them. Classes that are left out
   * are spelt out: `AnnualCrop` is `annual crop`. @default {} @examples [{ "AnnualCrop": "annual crop land" }]
   */
  class_names?: Record<string, string>
  /**
   * Corrupt images and records that are skipped before the stage fails; warnings and the result's `failed.jsonl` name
   * them. @default 0
   */
  max_corrupt?: Count
  /**
   * Parts that are read on their own, side by side, and under Slurm as an array of jobs: a run that was killed reads only
   * those again that were not done. More of them than images make no sense; another number makes the samples anew.
   * @default 1 @minimum 1 @maximum 1000 @asType integer
   */
  parts?: number
}

/** A table of captions and the names of its columns. In JSON Lines a caption may be a list of captions. */
export interface CaptionTable {
  /** File inside the folder, `.csv`, `.tsv` or `.jsonl`. @examples ["captions.tsv"] */
  file: string
  /** Column of paths of images. @default "image" */
  image?: string
  /** Column of captions. @default "caption" */
  caption?: string
  /** Column of class names. Absent: images have no class. @examples ["scene"] */
  label?: string
  /** Column of splits, read where the source says `split: column`. @default "split" */
  split?: string
}

/** Where splits are written: in the first folder of each image's path, or in a column of the table. */
export type WrittenSplit = 'folders' | 'column'

/** Splits by image file. */
export interface FolderSplit {
  /** Share for validation. @default 0 */
  val?: Share
  /** Share held out. @default 0.2 */
  test?: Share
}

/**
 * Captions as Karpathy's splits and RSICD, RSITMD, UCM-Captions and Sydney-Captions come: one JSON file of `images`, each
 * with `filename`, `split` and `sentences`, and a folder of images. NWPU-Captions' form, lists by class, is read too.
 * Splits are the file's own; `restval` belongs to `train`.
 * @source Karpathy and Fei-Fei, arXiv 1412.2306: the form of the file
 */
export interface KarpathySource {
  kind: 'karpathy'
  /** The JSON file. @examples ["rsicd/dataset_rsicd.json"] */
  json: Path
  /** Folder of the images; an image may lie in a sub-folder. @examples ["rsicd/images"] */
  images: Path
  /**
   * Side of a stored image; the shorter side is scaled and the centre is cut. Absent: JPEG and PNG images are copied
   * byte for byte, others become JPEG of quality 92. @minimum 16 @maximum 1024 @asType integer @unit pixels
   */
  tile_size?: number
  /** Filter by which an image of another size is scaled. @default "lanczos3" */
  resize?: ResizeFilter
  /**
   * Words for classes, by their names in the files: captions made of class names use them. Classes that are left out
   * are spelt out: `AnnualCrop` is `annual crop`. @default {} @examples [{ "AnnualCrop": "annual crop land" }]
   */
  class_names?: Record<string, string>
  /**
   * Corrupt images and records that are skipped before the stage fails; warnings and the result's `failed.jsonl` name
   * them. @default 0
   */
  max_corrupt?: Count
  /**
   * Parts that are read on their own, side by side, and under Slurm as an array of jobs: a run that was killed reads only
   * those again that were not done. More of them than images make no sense; another number makes the samples anew.
   * @default 1 @minimum 1 @maximum 1000 @asType integer
   */
  parts?: number
}

/**
 * WebDataset: tar shards in which files of one sample share a key, the name up to the first dot after its folder. A sample
 * has an image (`.jpg`, `.jpeg`, `.png`, `.webp`), captions (`.txt`, or `captions`, `caption` or `text` in `.json`) and
 * optionally a class (`.cls`, or `label` or `class` in `.json`) and a human label of whether it is an overhead view, which
 * the `classifier` filter learns from (`overhead` in `.json`, true or false).
 * @source the WebDataset format: github.com/webdataset/webdataset
 */
export interface WebDatasetSource {
  kind: 'webdataset'
  /** The shards: a path or a list of paths, each may hold ranges and choices in braces (quoted inside `[ ]`). @minItems 1 @examples ["rsicd/{000000..000004}.tar"] */
  shards: Path | Path[]
  /**
   * Side of a stored image; the shorter side is scaled and the centre is cut. Absent: JPEG and PNG images are copied
   * byte for byte, others become JPEG of quality 92. @minimum 16 @maximum 1024 @asType integer @unit pixels
   */
  tile_size?: number
  /** Filter by which an image of another size is scaled. @default "lanczos3" */
  resize?: ResizeFilter
  /** Shares held out, by a draw for each key. @default {} */
  split?: HeldOut
  /**
   * Words for classes, by their names in the files: captions made of class names use them. Classes that are left out
   * are spelt out: `AnnualCrop` is `annual crop`. @default {} @examples [{ "AnnualCrop": "annual crop land" }]
   */
  class_names?: Record<string, string>
  /**
   * Corrupt images and records that are skipped before the stage fails; warnings and the result's `failed.jsonl` name
   * them. @default 0
   */
  max_corrupt?: Count
  /**
   * Parts that are read on their own, side by side, and under Slurm as an array of jobs: a run that was killed reads only
   * those again that were not done. More of them than images make no sense; another number makes the samples anew.
   * @default 1 @minimum 1 @maximum 1000 @asType integer
   */
  parts?: number
}

/** Shares held out by a draw for each image: near the share in large sets, not equal to it. */
export interface HeldOut {
  /** Share for validation. @default 0 */
  val?: Share
  /** Share held out. @default 0 */
  test?: Share
}

/**
 * Parquet tables with a row for each image, as img2dataset writes them beside its shards or with images or their paths
 * in a column. Rows whose `status` is other than `success` were never downloaded: they are counted and left out.
 * @source img2dataset: github.com/rom1504/img2dataset
 */
export interface ParquetSource {
  kind: 'parquet'
  /** The tables: a path or a list of paths, each may hold ranges and choices in braces (quoted inside `[ ]`). @minItems 1 @examples ["crawl/{00000..00009}.parquet"] */
  files: Path | Path[]
  /** Where the image of a row is. @default { "kind": "tar" } */
  image?: ParquetImage
  /** Column of captions: texts, or lists of texts. @default "caption" */
  caption?: string
  /** Column of class names. Absent: images have no class. @examples ["label"] */
  label?: string
  /**
   * Side of a stored image; the shorter side is scaled and the centre is cut. Absent: JPEG and PNG images are copied
   * byte for byte, others become JPEG of quality 92. @minimum 16 @maximum 1024 @asType integer @unit pixels
   */
  tile_size?: number
  /** Filter by which an image of another size is scaled. @default "lanczos3" */
  resize?: ResizeFilter
  /** Shares held out, by a draw for each image; or `column`: the column `split` says it. @default {} */
  split?: HeldOut | 'column'
  /**
   * Words for classes, by their names in the files: captions made of class names use them. Classes that are left out
   * are spelt out: `AnnualCrop` is `annual crop`. @default {} @examples [{ "AnnualCrop": "annual crop land" }]
   */
  class_names?: Record<string, string>
  /**
   * Corrupt images and records that are skipped before the stage fails; warnings and the result's `failed.jsonl` name
   * them. @default 0
   */
  max_corrupt?: Count
  /**
   * Parts that are read on their own, side by side, and under Slurm as an array of jobs: a run that was killed reads only
   * those again that were not done. More of them than images make no sense; another number makes the samples anew.
   * @default 1 @minimum 1 @maximum 1000 @asType integer
   */
  parts?: number
}

/** Where the image of a row is. @discriminator kind */
export type ParquetImage = ImagesInTar | ImagesAsBytes | ImagesAsPaths

/** In the tar of the same name beside each table, by the column `key`. */
export interface ImagesInTar {
  kind: 'tar'
}

/** In the table: their bytes, or a struct with a field `bytes`, as Hugging Face datasets have them. */
export interface ImagesAsBytes {
  kind: 'bytes'
  /** Column of images. @default "image" */
  column?: string
}

/** In a folder, by paths in the table. */
export interface ImagesAsPaths {
  kind: 'paths'
  /** Folder that paths start from. @examples ["photos"] */
  folder: Path
  /** Column of paths. @default "image" */
  column?: string
}
