/** Images of a user's own sources as RGB of 8 bits: read as they say what they are, or refused with the reason. */
import sharp from 'sharp'
import { anySize, decodeImage, fromRaw, type ImageDecodeOptions, type Raster } from './image.ts'
import { type ImageBytes, type ImageFacts, type ImageRefusal, openBytes } from './image_facts.ts'
import { readTiffBands } from './tiff/bands.ts'
import { canDecompress, compressionName, isBeyondDecoder } from './tiff/decompress.ts'
import type { TiffDirectory } from './tiff/directory.ts'

/** Meaning of the bands of an image, where the image does not say it or a user wants another. */
export interface BandChoice {
  /** Bands of red, green and blue, or of grey, from 1. */
  readonly bands?: readonly number[] | undefined
  /** Values of black and of white. */
  readonly scale?: readonly [black: number, white: number] | undefined
}

/** A way to read an image; bands count from 0. */
export type DecodePlan =
  /** By the decoder of plain images. */
  | { readonly kind: 'plain' }
  | { readonly kind: 'deep png'; readonly bands: readonly number[] | undefined }
  | { readonly kind: 'bands'; readonly bands: readonly number[]; readonly tiff: TiffDirectory }

/** A TIFF of more pixels than this is reduced while it is read, where a smaller image is made of it. */
const mostPixels = 2 ** 24

const readable = 'grey and RGB of 8 bits a band are read'

/** Chooses the way to read an image, or gives the reason why there is none. */
export function planDecoding(facts: ImageFacts, choice: BandChoice): DecodePlan | ImageRefusal {
  const { frames, tiff, format, bits } = facts
  const size = `${facts.width} x ${facts.height} pixels`
  if (frames > 1) {
    const what = tiff === undefined ? 'frames' : 'pages'
    return { reason: `it has ${frames} ${what} of ${size}, and an image has one`, hint: `export one of the ${what}` }
  }
  if (tiff !== undefined) return planTiff(tiff, { ...choice, size, orientation: facts.orientation })
  const bands = choice.bands?.map(band => band - 1)
  if (bands === undefined && choice.scale === undefined) return { kind: 'plain' }
  if (format === 'png' && bits === 16) return { kind: 'deep png', bands }
  return {
    reason: `it is a ${format.toUpperCase()} of ${size}, and bands and scale are for TIFF and for PNG of 16 bits`,
    hint: 'leave them out',
  }
}

interface TiffChoice extends BandChoice {
  readonly size: string
  readonly orientation: number
}

function planTiff(tiff: TiffDirectory, { bands, scale, size, orientation }: TiffChoice): DecodePlan | ImageRefusal {
  const count = tiff.bands === 1 ? '1 band' : `${tiff.bands} bands`
  const what = `it has ${count} of ${typeName(tiff)} (${size})`
  const compression = compressionName(tiff.compression)
  const refuse = (reason: string, hint = 'convert it to one of them'): ImageRefusal => ({
    reason: `${what}, ${reason}`,
    hint,
  })
  const isBeyond = isBeyondDecoder(tiff.compression)
  if (isBeyond && !canDecompress(tiff.compression))
    return refuse(`and its compression, ${compression}, is not read`, 'convert it to deflate')
  const colours = bands === undefined ? colourBands(tiff) : bands.map(band => band - 1)
  if (colours === undefined) return refuse(`and does not say which of them are red, green and blue; ${readable}`)
  const beyond = colours.find(band => band < 0 || band >= tiff.bands)
  if (beyond !== undefined) return refuse(`and no band ${beyond + 1}`, 'name others')
  if (!isOfBytes(tiff) && scale === undefined)
    return refuse(`and does not say which values are black and white; ${readable}`)
  if (bands === undefined && scale === undefined && isPlain(tiff) && !isBeyond) return { kind: 'plain' }
  const hasAlpha = bands === undefined && isPlain(tiff) && tiff.bands > colours.length
  // White is zero only where a scale says which value is white.
  const isKnown = tiff.photometric === 1 || tiff.photometric === 2 || (tiff.photometric === 0 && scale !== undefined)
  if (!hasReadableType(tiff) || !isKnown || orientation > 1 || (hasAlpha && scale === undefined))
    return refuse(`and its bands cannot be read one by one; ${readable}`)
  if (!canDecompress(tiff.compression))
    return refuse(
      `and its bands cannot be read one by one from the compression ${compression}`,
      'convert it to deflate',
    )
  return { kind: 'bands', bands: colours, tiff }
}

/** Bands of the colours of a TIFF, as far as it says them: by its photometric interpretation, or as GDAL notes them. */
function colourBands(tiff: TiffDirectory): readonly number[] | undefined {
  if (isPlain(tiff)) return tiff.photometric === 2 ? [0, 1, 2] : [0]
  const noted = ['Red', 'Green', 'Blue'].map(role => {
    const item = new RegExp(`<Item[^>]*sample="([0-9]+)"[^>]*role="colorinterp"[^>]*>${role}</Item>`, 'i')
    return Number(item.exec(tiff.gdalMetadata)?.[1] ?? Number.NaN)
  })
  if (noted.every(Number.isInteger)) return noted
  return tiff.photometric === 2 ? [0, 1, 2] : undefined
}

/** Bands that hold the colours of each photometric interpretation. */
const colourCounts: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3 }

/** True if all bands are colours, but for one of transparency. */
function isPlain({ bands, photometric, extraSamples }: TiffDirectory): boolean {
  const extra = bands - (colourCounts[photometric] ?? 1)
  return extra <= 0 || (extra === 1 && (extraSamples[0] === 1 || extraSamples[0] === 2))
}

const isOfBytes = ({ bits, formats }: TiffDirectory): boolean =>
  bits.every(one => one <= 8) && formats.every(format => format !== 2 && format !== 3)

function hasReadableType({ bits, formats }: TiffDirectory): boolean {
  const [first = 0] = bits
  const isSame = bits.every(one => one === first) && formats.every(format => format === formats[0])
  const isFloat = formats[0] === 3
  return isSame && (isFloat ? first === 32 || first === 64 : [8, 16, 32].includes(first)) && (formats[0] ?? 1) <= 4
}

function typeName({ bits, formats }: TiffDirectory): string {
  const depth = [...new Set(bits)].join(' and ')
  const kinds: Readonly<Record<number, string>> = {
    2: 'signed integers',
    3: 'floating-point numbers',
    5: 'complex integers',
    6: 'complex numbers',
  }
  const kind = kinds[formats[0] ?? 1]
  if (kind !== undefined) return `${depth}-bit ${kind}`
  return depth === '8' ? '8 bits' : `${depth}-bit unsigned integers`
}

/** Decodes an image by a plan. Throws where it is damaged. */
export async function decodeSource(
  image: ImageBytes,
  plan: DecodePlan,
  {
    facts,
    scale,
    ...options
  }: ImageDecodeOptions & { readonly facts: ImageFacts; readonly scale?: BandChoice['scale'] },
): Promise<Raster> {
  switch (plan.kind) {
    case 'plain':
      return decodeImage(image, { ...options, isUpright: facts.orientation === 1 })
    case 'deep png':
      return resized(await decodeDeepPng(image, plan.bands, scale), options)
    case 'bands': {
      const { width, height } = plan.tiff
      const shrink =
        options.size === undefined || width * height <= mostPixels ? 1 : Math.min(width, height) / (2 * options.size)
      const source = await openBytes(image)
      try {
        const raster = await readTiffBands(source, plan.tiff, {
          bands: plan.bands,
          scale,
          shrink: Math.max(1, Math.floor(shrink)),
        })
        return await resized(raster, options)
      } finally {
        await source.close()
      }
    }
  }
}

async function decodeDeepPng(
  image: ImageBytes,
  chosen: readonly number[] | undefined,
  [black, white]: readonly [number, number] = [0, 65_535],
): Promise<Raster> {
  const { data, info } = await sharp(image, anySize)
    .toColourspace('rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const values = new Uint16Array(new Uint8Array(data).buffer)
  const bands = chosen ?? [0, 1, 2]
  const pixels = new Uint8ClampedArray(width * height * 3)
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let channel = 0; channel < 3; channel++) {
      const value = values[pixel * channels + (bands[bands.length === 1 ? 0 : channel] ?? 0)] ?? 0
      pixels[3 * pixel + channel] = ((value - black) / (white - black)) * 255
    }
  return { data: new Uint8Array(pixels.buffer), width, height, channels: 3 }
}

async function resized(raster: Raster, { size, filter = 'lanczos3' }: ImageDecodeOptions): Promise<Raster> {
  if (size === undefined || (raster.width === size && raster.height === size)) return raster
  const { data } = await fromRaw(raster)
    .resize(size, size, { fit: 'cover', kernel: filter })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { data, width: size, height: size, channels: 3 }
}
