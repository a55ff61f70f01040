/** Pictures of exhibits as data URIs: heatmaps laid over the image, masks outlined. */

import { readFile } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import sharp from 'sharp'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { decodeGrey, decodeImage, encodeJpeg, imageExtension, type Raster } from '../data/image.ts'
import type { Figure, Heat } from '../kinds/exhibit.ts'
import { magma } from './colour_map.ts'

/** A picture that a page can hold. */
export interface Picture {
  readonly uri: string
  /** Pixels as stored or drawn. */
  readonly width: number
  readonly height: number
  /** Enlarged with hard pixels: masks. Photographs are enlarged smoothly. */
  readonly crisp: boolean
}

/** Side of drawn pictures, about: small images are enlarged by a whole factor. */
const DRAWN_SIDE = 320

/** Pictures larger than this are stored smaller. */
const LARGEST_SIDE = 640

/** Share of the image's brightness in a heatmap. */
const SHADE = 0.4

/**
 * Reads and draws a figure of a stage; undefined where a file of it is missing or broken.
 *
 * @param folder the folder of the stage's result; files outside it are never read
 */
export async function drawFigure(figure: Figure, folder: string): Promise<Picture | undefined> {
  try {
    const image = await readInside(folder, figure.image)
    if (figure.heat === undefined && figure.mask === undefined) return await asStored(image, figure.image)
    const base = enlarge(await decodeImage(image, { name: figure.image }))
    const heated = figure.heat === undefined ? await base : await layHeat(await base, figure.heat)
    const drawn =
      figure.mask === undefined
        ? heated
        : await outline(heated, await decodeGrey(await readInside(folder, figure.mask), { name: figure.mask }))
    const bytes = await encodeJpeg(drawn, 88)
    return { uri: dataUri(bytes, 'jpg'), width: drawn.width, height: drawn.height, crisp: false }
  } catch {
    return undefined
  }
}

async function readInside(folder: string, file: string): Promise<Uint8Array> {
  const path = resolve(folder, file)
  if (!path.startsWith(resolve(folder) + sep))
    throw new DataFault(`"${file}" lies outside the result's folder`, { file })
  return readFile(path)
}

async function asStored(bytes: Uint8Array, name: string): Promise<Picture> {
  const extension = imageExtension(bytes)
  const { width, height, channels } = await sharp(bytes).metadata()
  if (extension !== undefined && Math.max(width, height) <= LARGEST_SIDE) {
    return { uri: dataUri(bytes, extension), width, height, crisp: channels === 1 }
  }
  const shown = await shrink(await decodeImage(bytes, { name }))
  return {
    uri: dataUri(await encodeJpeg(shown, 88), 'jpg'),
    width: shown.width,
    height: shown.height,
    crisp: false,
  }
}

const dataUri = (bytes: Uint8Array, extension: 'jpg' | 'png'): string =>
  `data:image/${extension === 'jpg' ? 'jpeg' : 'png'};base64,${Buffer.from(bytes).toString('base64')}`

const shrink = (raster: Raster): Promise<Raster> => {
  const factor = LARGEST_SIDE / Math.max(raster.width, raster.height)
  return resize(raster, { width: Math.round(raster.width * factor), height: Math.round(raster.height * factor) })
}

function enlarge(raster: Raster): Promise<Raster> {
  const side = Math.max(raster.width, raster.height)
  if (side > LARGEST_SIDE) return shrink(raster)
  const factor = Math.max(1, Math.ceil(DRAWN_SIDE / side))
  return resize(raster, { width: raster.width * factor, height: raster.height * factor })
}

async function resize(
  { data, width, height, channels }: Raster,
  to: Pick<Raster, 'width' | 'height'>,
): Promise<Raster> {
  const resized = await sharp(data, { raw: { width, height, channels } })
    .resize(to.width, to.height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer()
  return { data: resized, width: to.width, height: to.height, channels }
}

/**
 * Colours stand for scores alone, so only the image's light and shade, about its mean, shows through. The map's own
 * lowest and highest score span the colours.
 */
async function layHeat(image: Raster, { rows, columns, values }: Heat): Promise<Raster> {
  const lowest = Math.min(...values)
  const range = Math.max(...values) - lowest || 1
  const levels = Uint8Array.from(values, value => Math.round((255 * (value - lowest)) / range))
  const map = await resize({ data: levels, width: columns, height: rows, channels: 1 }, image)
  const greys = new Float32Array(map.data.length)
  let sum = 0
  for (let pixel = 0; pixel < greys.length; pixel++) {
    const at = 3 * pixel
    const grey =
      0.2126 * (image.data[at] ?? 0) + 0.7152 * (image.data[at + 1] ?? 0) + 0.0722 * (image.data[at + 2] ?? 0)
    greys[pixel] = grey
    sum += grey
  }
  const mean = sum / greys.length
  const data = new Uint8ClampedArray(image.data.length)
  for (let index = 0; index < data.length; index++) {
    const pixel = Math.floor(index / 3)
    const colour = magma[(map.data[pixel] ?? 0) * 3 + (index % 3)] ?? 0
    data[index] = colour + SHADE * ((greys[pixel] ?? mean) - mean)
  }
  return { ...image, data: new Uint8Array(data.buffer) }
}

/** Draws the border of a mask: white within it, dark outside of it, so that it shows on any ground. */
async function outline(image: Raster, mask: Raster): Promise<Raster> {
  const { data: soft } = await resize(mask, image)
  const { width, height } = image
  const inside = (x: number, y: number) => (soft[y * width + x] ?? 0) >= 128
  const data = image.data.slice()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const own = inside(x, y)
      const border = nearby.some(([dx, dy]) => {
        const near = { x: x + dx, y: y + dy }
        const within = near.x >= 0 && near.x < width && near.y >= 0 && near.y < height
        return within && inside(near.x, near.y) !== own
      })
      const at = 3 * (y * width + x)
      if (border) data.fill(own ? 255 : 20, at, at + 3)
    }
  }
  return { ...image, data }
}

/** Pixels two steps away, and diagonal ones: how far an outline reaches to either side. */
const nearby = [
  [-2, 0],
  [2, 0],
  [0, -2],
  [0, 2],
  [-1, -1],
  [1, -1],
  [-1, 1],
  [1, 1],
] as const
