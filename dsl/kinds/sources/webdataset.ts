/** Source `webdataset`: tar shards of another tool. */
import type { Band, Count, Path, ResizeFilter, Share } from '../../recipe/scalars.ts'
import { expandPaths } from '../../values/braces.ts'
import { listedPaths } from '../../values/named_path.ts'
import type { SourceDefinition } from '../definition.ts'
import { draft, type Expanding, inParts } from '../draft.ts'
import type { FilledWebDatasetSource } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { checkBands, fileMetrics, type SourcePart, unusedResize } from './file_source.ts'
import { joined } from './join.ts'
import { checkShares, splitsOfShares } from './shares.ts'

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
  /** Shares held out, by a draw for each key. @default {} */
  split?: HeldOut
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

/** Shares held out by a draw for each image: near the share in large sets, not equal to it. */
export interface HeldOut {
  /** Share for validation. @default 0 */
  val?: Share
  /** Share held out. @default 0 */
  test?: Share
}

const stage = defineStage({
  kind: 'webdataset',
  version: 2,
  needs: dataNeeds,
  spec({ kind: _, parts: __, shards, ...rest }: FilledWebDatasetSource, { seed }: Expanding) {
    const params: typeof rest & SourcePart & { readonly seed: number } = { ...rest, seed }
    return { params, files: { shards: expandPaths(shards) } }
  },
})

/** Splits are drawn for each key. */
export const webdataset = {
  kind: 'webdataset',
  stages: [stage, joined],
  // The files of each sample say what it has.
  provides: ({ split }) => ({ splits: splitsOfShares(split), masks: [], lacks: {} }),
  paths: ({ shards }) => listedPaths(shards, 'shards'),
  // Drawn for each key: other shards beside the shared ones change no split of these.
  material: ({ shards, split }) => ({
    files: expandPaths(shards).map(shard => `tar ${shard}`),
    split: ['key', split],
  }),
  check: source => [...checkShares(source.split), ...checkBands(source)],
  unusedFields: unusedResize,
  metrics: name => [{ stage: name, kind: stage.kind, metrics: fileMetrics }],
  expand: (name, source, expanding) =>
    inParts(draft(stage, { id: name, path: ['sources', name] }, source, expanding), source.parts, joined),
} as const satisfies SourceDefinition<'webdataset', FilledWebDatasetSource>
