/** Shared by sources that read files of a person. */
import { type Finding, metricsIn, type Provided, type UnusedField } from '../definition.ts'

/** The slice of the samples that a stage makes; absent: it makes the whole. */
export type SourcePart = { readonly part?: { readonly index: number; readonly of: number } }

/** Metrics of every source of files. */
export const fileMetrics = metricsIn('count', ['samples', 'captions', 'corrupt', 'copied', 'train', 'val', 'test'])

/** `resize` has no use where images are stored as they are. */
export const unusedResize = ({ tile_size }: { readonly tile_size?: number }): readonly UnusedField[] =>
  tile_size === undefined ? [{ at: ['resize'], without: 'tile_size: 64' }] : []

type Scale = readonly (number | readonly number[])[]

/** Findings where the values of black and of white are no pair or no three pairs, or black is not below white. */
export function checkBands({ scale }: { readonly scale?: Scale }): readonly Finding[] {
  if (scale === undefined) return []
  const isPair = scale.every(value => typeof value === 'number')
  const ranges: Scale = isPair ? [scale] : scale.length === 3 ? scale : []
  const isProper = (range: Scale[number]) => typeof range !== 'number' && range.length === 2
  if (ranges.length === 0 || !ranges.every(isProper)) {
    const message = `'scale' is ${JSON.stringify(scale)}; it is the values of black and of white, such as [0, 3000], or three such pairs`
    return [{ code: 'out-of-range', at: ['scale'], message }]
  }
  return ranges.flatMap((range, index): readonly Finding[] => {
    const [black = 0, white = 0] = typeof range === 'number' ? [] : range
    const at = isPair ? ['scale'] : ['scale', String(index)]
    const message = `'${at.join('.')}' is [${black}, ${white}]; the value of black is below that of white`
    return black < white ? [] : [{ code: 'out-of-range', at, message }]
  })
}

/** The lack of human labels, of a source that labels neither all of its images nor single ones. */
export const lackOfHumanLabels = ({ overhead }: { readonly overhead?: boolean | undefined }): Provided['lacks'] =>
  overhead === undefined ? { 'human labels': humanLabelsHint } : {}

const humanLabelsHint =
  "write 'overhead: true' or 'overhead: false' in a source to label all of it, or 'overhead' in the .json files of WebDataset shards"
