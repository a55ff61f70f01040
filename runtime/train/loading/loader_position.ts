/** The position of a loader, as arrays of a checkpoint. */
import { type HostArray, ints } from '../../engine/mod.ts'
import type { MixPosition } from './mix_sampler.ts'

/** A position as arrays by name. */
export type LoaderPosition = Readonly<Record<string, HostArray>>

/** Integers as pairs of 31 bits each, because a long run draws more samples than an int32 counts. */
const half = 2 ** 31
const pairs = (values: readonly number[]): HostArray =>
  ints(Int32Array.from(values.flatMap(value => [Math.floor(value / half), value % half])))

function valuesOf(array: HostArray | undefined, name: string): readonly number[] {
  if (array === undefined) throw new Error(`The loader's position has no '${name}'`)
  const { data } = array
  return Array.from({ length: data.length / 2 }, (_, i) => Number(data[2 * i]) * half + Number(data[2 * i + 1]))
}

/** The arrays of a position; `sizes` are the samples of each dataset. */
export const positionArrays = ({ position, drawn }: MixPosition, sizes: readonly number[]): LoaderPosition => ({
  position: pairs([position]),
  drawn: pairs(drawn),
  samples: pairs(sizes),
})

/** Reads a position from such arrays; throws if it belongs to other datasets or is not between two batches. */
export function readPosition(
  arrays: LoaderPosition,
  { sizes, batchSize }: { readonly sizes: readonly number[]; readonly batchSize: number },
): MixPosition {
  const known = valuesOf(arrays.samples, 'samples')
  if (known.join() !== sizes.join())
    throw new Error(
      `The loader's position is in datasets of ${known.join(' and ')} samples, not ${sizes.join(' and ')}`,
    )
  const drawn = valuesOf(arrays.drawn, 'drawn')
  const [position = Number.NaN] = valuesOf(arrays.position, 'position')
  if (drawn.length !== sizes.length || drawn.reduce((sum, count) => sum + count, 0) !== position)
    throw new Error(`The loader's position counts ${drawn.join(' and ')} samples as ${position}`)
  if (position % batchSize !== 0) throw new Error(`The loader's position ${position} is inside a batch of ${batchSize}`)
  return { position, drawn }
}
