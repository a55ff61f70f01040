/** Random changes that keep an overhead view an overhead view. */
import type { Random } from '../data/random.ts'

export interface Augmentation {
  /** Smallest share of the area that a crop keeps. */
  readonly crop: number
  /** Mirror and quarter turns. */
  readonly dihedral: boolean
  /** Strength of brightness, contrast and saturation jitter. */
  readonly colour: number
}

/** Where a crop lies, in pixels of the source. */
export interface Crop {
  readonly left: number
  readonly top: number
  readonly side: number
}

/** A square crop of at least `share` of the area, anywhere inside. */
export function randomCrop(source: number, share: number, random: Random): Crop {
  const side = source * Math.sqrt(random.between(share, 1))
  return { side, left: random.between(0, source - side), top: random.between(0, source - side) }
}

/**
 * Resamples a crop bilinearly: RGB bytes [source, source, 3] -> floats 0..255 [size, size, 3]. `turn` 0..7 names the
 * element of the square's symmetry group: bit 0 mirrors columns, bit 1 mirrors rows, bit 2 swaps them.
 */
export function resample(
  pixels: Uint8Array,
  { left, top, side }: Crop,
  { source, size, turn }: { readonly source: number; readonly size: number; readonly turn: number },
): Float32Array {
  const out = new Float32Array(size * size * 3)
  const step = side / size
  const at = (position: number) => Math.min(Math.max(position, 0), source - 1)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [u, v] = turn & 4 ? [row, column] : [column, row]
      const x = at(left + ((turn & 1 ? size - 1 - u : u) + 0.5) * step - 0.5)
      const y = at(top + ((turn & 2 ? size - 1 - v : v) + 0.5) * step - 0.5)
      const [x0, y0] = [Math.floor(x), Math.floor(y)]
      const [fx, fy] = [x - x0, y - y0]
      const right = Math.min(x0 + 1, source - 1) * 3
      const below = Math.min(y0 + 1, source - 1) * source * 3
      const [here, above] = [x0 * 3, y0 * source * 3]
      for (let c = 0; c < 3; c++) {
        const upper = (pixels[above + here + c] ?? 0) * (1 - fx) + (pixels[above + right + c] ?? 0) * fx
        const lower = (pixels[below + here + c] ?? 0) * (1 - fx) + (pixels[below + right + c] ?? 0) * fx
        out[(row * size + column) * 3 + c] = upper * (1 - fy) + lower * fy
      }
    }
  return out
}

/** Scales brightness, contrast and saturation in place, each by 1 +- `strength`. */
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

/** One augmented view of an image, floats 0..255 [size, size, 3]. */
export function augment(
  pixels: Uint8Array,
  spec: Augmentation,
  { source, size, random }: { readonly source: number; readonly size: number; readonly random: Random },
): Float32Array {
  const crop = spec.crop < 1 ? randomCrop(source, spec.crop, random) : { left: 0, top: 0, side: source }
  const view = resample(pixels, crop, { source, size, turn: spec.dihedral ? random.below(8) : 0 })
  if (spec.colour > 0) jitterColour(view, spec.colour, random)
  return view
}
