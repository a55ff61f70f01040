/** Source `karpathy`: captions in Karpathy's JSON, images in a folder. */
import type { Band, Count, Path, ResizeFilter } from '../../recipe/scalars.ts'
import type { SourceDefinition } from '../definition.ts'
import { draft, inParts } from '../draft.ts'
import type { FilledKarpathySource } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { checkBands, fileMetrics, lackOfHumanLabels, type SourcePart, unusedResize } from './file_source.ts'
import { joined } from './join.ts'

/**
 * Captions in the format of Karpathy's splits, RSICD, RSITMD, UCM-Captions and Sydney-Captions: one JSON file of
 * `images`, each with `filename`, `split` and `sentences`, and a folder of images. NWPU-Captions' form, lists by class,
 * is read too. Splits are those of the file; `restval` belongs to `train`.
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

const stage = defineStage({
  kind: 'karpathy',
  version: 1,
  needs: dataNeeds,
  // Nothing is drawn: the file says the splits.
  spec({ kind: _, parts: __, json, images, ...rest }: FilledKarpathySource) {
    const params: typeof rest & SourcePart = rest
    return { params, files: { json, images } }
  },
})

/** The file says the splits; until it is read there may be all three. */
export const karpathy = {
  kind: 'karpathy',
  stages: [stage, joined],
  provides: ({ overhead }) => ({
    splits: ['train', 'val', 'test'],
    masks: [],
    lacks: lackOfHumanLabels({ overhead }),
  }),
  paths: ({ json, images }) => [
    { path: json, at: ['json'], wanted: 'file' },
    { path: images, at: ['images'], wanted: 'folder' },
  ],
  material: ({ json, images }) => ({ files: [`folder ${images}`], split: ['karpathy', json] }),
  check: source => checkBands(source),
  unusedFields: unusedResize,
  metrics: name => [{ stage: name, kind: stage.kind, metrics: fileMetrics }],
  expand: (name, source) => inParts(draft(stage, { id: name, path: ['sources', name] }, source), source.parts, joined),
} as const satisfies SourceDefinition<'karpathy', FilledKarpathySource>
