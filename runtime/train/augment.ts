/** Random augmentations that suit overhead imagery: crops, mirrors and quarter turns, colour jitter. */
import type { Random } from '../data/random.ts'
import { createResampler, type FilterName, type PixelBox, tapsOf } from '../data/resample.ts'

/** Parameters of the augmentation. */
export interface Augmentation {
  /** Smallest share of the area that a crop keeps. */
  readonly crop: number
  /** Largest ratio of a crop's longer side to its shorter; 1 cuts squares. */
  readonly aspect: number
  /** Filter that scales a crop. */
  readonly filter: FilterName
  /** True to mirror and turn by quarters at random. */
  readonly dihedral: boolean
  /** Strength of brightness, contrast and saturation jitter. */
  readonly colour: number
}

/**
 * A random crop of a square. Its share of the area is uniform between `crop` and 1, the logarithm of its aspect ratio is
 * uniform over the ratios that fit, and its position is uniform (after torchvision's RandomResizedCrop, which draws again
 * where a ratio does not fit).
 */
export function randomCrop(
  source: number,
  { crop, aspect }: Pick<Augmentation, 'crop' | 'aspect'>,
  random: Random,
): PixelBox {
  const share = random.between(crop, 1)
  const widest = Math.log(Math.min(aspect, 1 / share))
  const ratio = Math.exp(random.between(-widest, widest))
  const width = Math.min(source, source * Math.sqrt(share * ratio))
  const height = Math.min(source, source * Math.sqrt(share / ratio))
  return { width, height, left: random.between(0, source - width), top: random.between(0, source - height) }
}

/**
 * Applies an element of the dihedral group of the square: [size, size, 3] -> [size, size, 3]. Of `turn`, 0 to 7, bit 0
 * mirrors columns, bit 1 mirrors rows, and bit 2 swaps rows and columns.
 */
export function applyDihedral(pixels: Float32Array, { size, turn }: { readonly size: number; readonly turn: number }) {
  if (turn === 0) return pixels
  const out = new Float32Array(pixels.length)
  const [across, down] = turn & 4 ? [size, 1] : [1, size]
  const columnStep = turn & 1 ? -across : across
  const rowStep = turn & 2 ? -down : down
  // The first output pixel is read from the end of each mirrored axis.
  const origin = (turn & 1 ? (size - 1) * across : 0) + (turn & 2 ? (size - 1) * down : 0)
  let to = 0
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const from = (origin + row * rowStep + column * columnStep) * 3
      out[to] = pixels[from] ?? 0
      out[to + 1] = pixels[from + 1] ?? 0
      out[to + 2] = pixels[from + 2] ?? 0
      to += 3
    }
  return out
}

/** Scales brightness, contrast and saturation in place, each by a factor between 1 - `strength` and 1 + `strength`. */
export function jitterColour(pixels: Float32Array, strength: number, random: Random): void {
  const factor = () => 1 + random.between(-strength, strength)
  const [brightness, contrast, saturation] = [factor(), factor(), factor()]
  let mean = 0
  for (const value of pixels) mean += value
  mean = (mean / pixels.length) * brightness
  for (let i = 0; i < pixels.length; i += 3) {
    const grey = ((pixels[i] ?? 0) + (pixels[i + 1] ?? 0) + (pixels[i + 2] ?? 0)) / 3
    for (let c = i; c < i + 3; c++) {
      const coloured = grey + ((pixels[c] ?? 0) - grey) * saturation
      pixels[c] = Math.min(255, Math.max(0, (coloured * brightness - mean) * contrast + mean))
    }
  }
}

/** Makes one augmented view of a square of RGB bytes: floats 0..255 [size, size, 3], which the next call may overwrite. */
export type Augmenter = (pixels: Uint8Array, random: Random) => Float32Array

/** Creates the augmenter from squares of `source` pixels to views of `size` pixels. */
export function createAugmenter(
  spec: Augmentation,
  { source, size }: { readonly source: number; readonly size: number },
): Augmenter {
  const resample = createResampler()
  const axis = (start: number, length: number) => tapsOf({ source, start, length, size }, spec.filter)
  function cropPixels(data: Uint8Array, random: Random): Float32Array {
    if (spec.crop === 1 && source === size) return new Float32Array(data)
    const box = spec.crop < 1 ? randomCrop(source, spec, random) : { left: 0, top: 0, width: source, height: source }
    const picture = { data, width: source, height: source, channels: 3 } as const
    return resample(picture, axis(box.left, box.width), axis(box.top, box.height))
  }
  return (data, random) => {
    const cut = cropPixels(data, random)
    const view = spec.dihedral ? applyDihedral(cut, { size, turn: random.below(8) }) : cut
    if (spec.colour > 0) jitterColour(view, spec.colour, random)
    // Filters with negative lobes overshoot the range of their input.
    else if (spec.filter !== 'bilinear')
      for (const [i, value] of view.entries()) view[i] = Math.min(255, Math.max(0, value))
    return view
  }
}
