/** Source `parquet`: Parquet tables with a row for each image. */
import type { Band, Count, Path, ResizeFilter } from '../../recipe/scalars.ts'
import { expandPaths, tarBeside } from '../../values/braces.ts'
import { listedPaths } from '../../values/named_path.ts'
import { metricsIn, type SourceDefinition } from '../definition.ts'
import { draft, type Expanding, inParts } from '../draft.ts'
import type { FilledImagesAsPaths, FilledParquetImage, FilledParquetSource } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { checkBands, fileMetrics, lackOfHumanLabels, type SourcePart, unusedResize } from './file_source.ts'
import { joined } from './join.ts'
import { checkShares, splitsOfShares } from './shares.ts'
import type { HeldOut } from './webdataset.ts'

/**
 * Parquet tables with a row for each image, as img2dataset writes them beside its shards or with images or their paths
 * in a column. Rows whose `status` is other than `success` were never downloaded: they are counted and left out.
 * @source img2dataset: github.com/rom1504/img2dataset
 */
export interface ParquetSource {
  kind: 'parquet'
  /** The tables: a path or a list of paths, each may hold ranges and choices in braces (quoted inside `[ ]`). @minItems 1 @examples ["crawl/{00000..00009}.parquet"] */
  files: Path | Path[]
  /** The place of the image of a row. @default { "kind": "tar" } */
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
  /**
   * Bands of red, green and blue in images that have more or other ones, from 1: `[4, 3, 2]`. Three times the same band
   * makes grey images. Absent: the bands that each image says. @minItems 3 @maxItems 3 @examples [[4, 3, 2]]
   */
  bands?: Band[]
  /**
   * Values of black and of white in images of other than 8 bits: `[0, 3000]`, or such a pair for each of red, green and
   * blue. Absent: images of 8 bits are read, and PNG images of 16 bits as PNG defines them.
   * @minItems 2 @maxItems 3 @examples [[0, 3000]]
   */
  scale?: (number | number[])[]
  /** Shares held out, by a draw for each image; or `column`: the column `split` gives it. @default {} */
  split?: HeldOut | 'column'
  /**
   * Words for classes, by their names in the files: captions made of class names use them. Classes that are left out
   * are spelt out: `AnnualCrop` is `annual crop`. @default {} @examples [{ "AnnualCrop": "annual crop land" }]
   */
  class_names?: Record<string, string>
  /**
   * Human label of all its images, but for those that have one of their own: whether they are overhead views. A
   * `classifier` filter learns from labels. Absent: only the files label.
   */
  overhead?: boolean
  /**
   * Corrupt images and records that are skipped before the stage fails; warnings and the result's `failed.jsonl` name
   * them. @default 0
   */
  max_corrupt?: Count
  /**
   * Parts that are read independently and in parallel, under Slurm as an array of jobs: after a run was killed, only
   * the parts that were not done are read again. More parts than images have no use; another number makes the samples
   * anew. @default 1 @minimum 1 @maximum 1000 @asType integer
   */
  parts?: number
}

/** The place of the image of a row. @discriminator kind */
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

/** The place of the image of a row, without the folder, which is a file of the stage. */
type StoredRowImage = Exclude<FilledParquetImage, FilledImagesAsPaths> | Omit<FilledImagesAsPaths, 'folder'>

const stage = defineStage({
  kind: 'parquet',
  version: 1,
  needs: dataNeeds,
  spec({ kind: _, parts: __, files, image, ...rest }: FilledParquetSource, { seed }: Expanding) {
    const params: typeof rest & SourcePart & { readonly image: StoredRowImage; readonly seed: number } = {
      ...rest,
      image: image.kind === 'paths' ? { kind: image.kind, column: image.column } : image,
      seed,
    }
    const tables = expandPaths(files)
    return {
      params,
      files: {
        tables,
        tars: image.kind === 'tar' ? tables.map(tarBeside) : undefined,
        images: image.kind === 'paths' ? image.folder : undefined,
      },
    }
  },
})

/** Splits are drawn for each image, or a column says them. */
export const parquet = {
  kind: 'parquet',
  stages: [stage, joined],
  provides: ({ split, label, overhead }) => ({
    splits: splitsOfShares(split),
    masks: [],
    lacks: {
      ...lackOfHumanLabels({ overhead }),
      ...(label === undefined && { labels: "name the column of class names by 'label'" }),
    },
  }),
  paths({ files, image }) {
    const tables = listedPaths(files, 'files')
    return [
      ...tables,
      ...(image.kind === 'tar'
        ? tables.map(table => ({ ...table, path: tarBeside(table.path), near: 'beside' as const }))
        : []),
      ...(image.kind === 'paths' ? [{ path: image.folder, at: ['image', 'folder'], wanted: 'folder' as const }] : []),
    ]
  },
  material({ files, image, split }) {
    const tables = expandPaths(files)
    const images = image.kind === 'tar' ? tables.map(table => `tar ${tarBeside(table)}`) : []
    const drawn = split === 'column' ? ['column'] : ['key', split]
    if (image.kind === 'paths') return { files: [`folder ${image.folder}`], split: [tables, image.column, ...drawn] }
    return { files: [...tables.map(table => `table ${table}`), ...images], split: drawn }
  },
  check: source => [...checkShares(source.split), ...checkBands(source)],
  unusedFields: unusedResize,
  metrics: name => [
    { stage: name, kind: stage.kind, metrics: [...fileMetrics, ...metricsIn('count', ['undownloaded'])] },
  ],
  expand: (name, source, expanding) =>
    inParts(draft(stage, { id: name, path: ['sources', name] }, source, expanding), source.parts, joined),
} as const satisfies SourceDefinition<'parquet', FilledParquetSource>
