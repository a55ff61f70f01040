/** Small pictures that stages leave for the report. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PixelOptions, readPixels } from '../data/dataset.ts'
import { encodePng } from '../data/image.ts'
import type { Heat } from './exhibit.ts'

/** Writes image number `image` of RGB bytes [n, size, size, 3]; returns its path relative to `out`. */
export async function writeTile(
  out: string,
  key: string,
  { pixels, image, size }: { readonly pixels: Uint8Array; readonly image: number; readonly size: number },
): Promise<string> {
  const area = size * size * 3
  const data = pixels.subarray(image * area, (image + 1) * area)
  return writePng(out, key, { data, width: size, height: size, channels: 3 })
}

/** The dataset that tiles are read from, and the options of a model's reading of it. */
export interface TilesFrom extends Pick<PixelOptions, 'split' | 'size' | 'filter'> {
  readonly folder: string
}

/** Writes the images of some samples of a dataset; returns their paths relative to `out`, by key. */
export async function writeTiles(
  out: string,
  { folder, ...options }: TilesFrom,
  keys: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  for await (const { samples, pixels } of readPixels(folder, { ...options, only: ({ key }) => keys.has(key) }))
    for (const [image, { key }] of samples.entries())
      files.set(key, await writeTile(out, key, { pixels, image, size: options.size }))
  return files
}

/** Writes mask number `image` of [n, size, size], 0 or 1; returns its path relative to `out`. */
export async function writeMask(
  out: string,
  key: string,
  { masks, image, size }: { readonly masks: Uint8Array; readonly image: number; readonly size: number },
): Promise<string> {
  const data = masks.slice(image * size * size, (image + 1) * size * size).map(value => (value === 0 ? 0 : 255))
  return writePng(out, key, { data, width: size, height: size, channels: 1 })
}

async function writePng(out: string, key: string, raster: Parameters<typeof encodePng>[0]): Promise<string> {
  const file = join('pictures', `${key}.png`)
  await mkdir(join(out, 'pictures'), { recursive: true })
  await writeFile(join(out, file), await encodePng(raster))
  return file
}

/** The map of one image and concept out of margins [n, side, side, concepts]. */
export function heatOf(
  margins: Float32Array,
  {
    image,
    concept,
    side,
    concepts,
  }: { readonly image: number; readonly concept: number; readonly side: number; readonly concepts: number },
): Heat {
  const start = image * side * side * concepts + concept
  const values = Array.from({ length: side * side }, (_, i) => Number((margins[start + i * concepts] ?? 0).toFixed(5)))
  return { rows: side, columns: side, values }
}
