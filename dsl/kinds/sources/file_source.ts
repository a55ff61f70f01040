/** Shared by sources that read files of a person. */
import { metricsIn, type UnusedField } from '../definition.ts'

/** The slice of the samples that a stage makes; absent: it makes the whole. */
export type SourcePart = { readonly part?: { readonly index: number; readonly of: number } }

/** Metrics of every source of files. */
export const fileMetrics = metricsIn('count', ['samples', 'captions', 'corrupt', 'copied', 'train', 'val', 'test'])

/** `resize` has no use where images are stored as they are. */
export const unusedResize = ({ tile_size }: { readonly tile_size?: number }): readonly UnusedField[] =>
  tile_size === undefined ? [{ at: ['resize'], without: 'tile_size: 64' }] : []

/** The edit that brings human labels. */
export const humanLabelsHint =
  "human labels of overhead views come from the field 'overhead' in the .json files of WebDataset shards"
