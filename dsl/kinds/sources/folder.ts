/** Source `folder`: images of one's own with a table of captions or in class folders. */
import { join } from 'node:path'
import type { Band, Count, Path, ResizeFilter, Share } from '../../recipe/scalars.ts'
import type { NamedPath } from '../../values/named_path.ts'
import type { SourceDefinition } from '../definition.ts'
import { draft, type Expanding, inParts } from '../draft.ts'
import type { FilledFolderSource } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { checkBands, fileMetrics, lackOfHumanLabels, type SourcePart, unusedResize } from './file_source.ts'
import { joined } from './join.ts'
import { checkShares, splitsOfShares } from './shares.ts'

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
  /**
   * Shares held out by image file; or `folders`: the first folder of an image's path is its split, `train`, `val`
   * (`valid`, `validation`, `dev`) or `test`; or `column`: a column of the table gives it. @default {}
   */
  split?: FolderSplit | WrittenSplit
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
  /** Column of splits, read if the source has `split: column`. @default "split" */
  split?: string
}

/** The place of written splits: the first folder of each image's path, or a column of the table. */
export type WrittenSplit = 'folders' | 'column'

/** Splits by image file. */
export interface FolderSplit {
  /** Share for validation. @default 0 */
  val?: Share
  /** Share held out. @default 0.2 */
  test?: Share
}

const stage = defineStage({
  kind: 'folder',
  version: 3,
  needs: dataNeeds,
  // The name of the table stays among the parameters: it is a part of the folder.
  spec({ kind: _, parts: __, path, images, ...rest }: FilledFolderSource, { seed }: Expanding) {
    const params: typeof rest & SourcePart & { readonly seed: number } = { ...rest, seed }
    return { params, files: { path, images } }
  },
})

/** Splits come from shares, from folders, or from a column of the table. */
export const folder = {
  kind: 'folder',
  stages: [stage, joined],
  provides: ({ split, captions, overhead }) => ({
    splits: splitsOfShares(split),
    masks: [],
    lacks: {
      ...lackOfHumanLabels({ overhead }),
      ...(typeof captions === 'string' && {
        labels: `write 'captions: { file: ${captions}, label: COLUMN }' with the column of class names`,
      }),
      ...(typeof captions === 'object' &&
        captions.label === undefined && { labels: "name the column of class names by 'label' under 'captions'" }),
    },
  }),
  paths({ path, captions, images }) {
    const table = (file: string, at: NamedPath['at']): NamedPath => ({
      path: join(path, file),
      at,
      wanted: 'file',
      near: 'inside',
    })
    return [
      { path, at: ['path'], wanted: 'folder' },
      ...(typeof captions === 'string' ? [table(captions, ['captions'])] : []),
      ...(typeof captions === 'object' ? [table(captions.file, ['captions', 'file'])] : []),
      ...(images === undefined ? [] : [{ path: images, at: ['images'], wanted: 'folder' as const }]),
    ]
  },
  splitFolder: ({ split, images, path }) => (split === 'folders' ? (images ?? path) : undefined),
  material: ({ path, captions, images = path, split }) => ({
    files: [`folder ${images}`],
    split: ['folder', split, ...(split === 'column' ? [path, captions] : [])],
  }),
  check: source => [...checkShares(source.split), ...checkBands(source)],
  unusedFields: source => [
    ...unusedResize(source),
    ...(typeof source.captions === 'object' && source.split !== 'column'
      ? [{ at: ['captions', 'split'], without: 'split: column' }]
      : []),
  ],
  metrics: name => [{ stage: name, kind: stage.kind, metrics: fileMetrics }],
  expand: (name, source, expanding) =>
    inParts(draft(stage, { id: name, path: ['sources', name] }, source, expanding), source.parts, joined),
} as const satisfies SourceDefinition<'folder', FilledFolderSource>
