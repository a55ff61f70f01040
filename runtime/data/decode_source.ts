/** Images of a user's own sources as RGB of 8 bits: read as they say what they are, or refused with the reason. */
import sharp from 'sharp'
import { anySize, decodeImage, fromRaw, type ImageDecodeOptions, type Raster } from './image.ts'
import { type ImageBytes, type ImageFacts, type ImageRefusal, openBytes } from './image_facts.ts'
import { readTiffBands, type ValueRange } from './tiff/bands.ts'
import { canDecompress, compressionName, isBeyondDecoder } from './tiff/decompress.ts'
import type { TiffDirectory } from './tiff/directory.ts'

/** Meaning of the bands of an image, where the image does not say it or a user wants another. */
export interface BandChoice {
  /** Bands of red, green and blue, or of grey, from 1. */
  readonly bands?: readonly number[] | undefined
  /** Values of black and of white: one range for all bands, or one for each of red, green and blue. */
  readonly scale?: readonly ValueRange[] | undefined
}

/** A way to read an image; bands count from 0. */
export type DecodePlan =
  /** By the decoder of plain images. */
  | { readonly kind: 'plain' }
  | ({ readonly kind: 'deep png' } & Colours)
  | ({ readonly kind: 'bands'; readonly tiff: TiffDirectory } & Colours)

/** Bands of red, green and blue, or of grey, and a range for each of them. */
interface Colours {
  readonly bands: readonly number[]
  readonly ranges: readonly ValueRange[]
}

/** A TIFF of more pixels than this is reduced while it is read, where a smaller image is made of it. */
const mostPixels = 2 ** 24

const nameBands = "name them by 'bands', such as bands: [4, 3, 2]"
const nameScale = "give them by 'scale', such as scale: [0, 3000]"

/** Chooses the way to read an image, or gives the reason why there is none. */
export function planDecoding(facts: ImageFacts, choice: BandChoice): DecodePlan | ImageRefusal {
  const { frames, tiff, format, bits } = facts
  const size = `${facts.width} x ${facts.height} pixels`
  if (frames > 1) {
    const what = tiff === undefined ? 'frames' : 'pages'
    return { reason: `it has ${frames} ${what} of ${size}, and an image has one`, hint: `export one of the ${what}` }
  }
  if (tiff !== undefined) return planTiff(tiff, { ...choice, size, orientation: facts.orientation })
  if (choice.bands === undefined && choice.scale === undefined) return { kind: 'plain' }
  if (format !== 'png' || bits !== 16)
    return {
      reason: `it is a ${format.toUpperCase()} of ${size}, and bands and scale are for TIFF and for PNG of 16 bits`,
      hint: 'leave them out',
    }
  const bands = choice.bands?.map(band => band - 1) ?? (facts.channels < 3 ? [0] : [0, 1, 2])
  const beyond = bands.find(band => band >= facts.channels)
  if (beyond !== undefined)
    return {
      reason: `it is a PNG with ${counted(facts.channels)} of 16-bit unsigned integers (${size}), and no band ${beyond + 1}`,
      hint: "name others under 'bands'",
    }
  return { kind: 'deep png', ...withRanges(bands, choice.scale, [0, 65_535]) }
}

const counted = (bands: number): string => (bands === 1 ? '1 band' : `${bands} bands`)

/** Gives each band its range; grey with a range for each colour becomes three bands. */
function withRanges(bands: readonly number[], scale: BandChoice['scale'], usual: ValueRange): Colours {
  const [first = usual, ...others] = scale ?? []
  if (others.length === 0) return { bands, ranges: bands.map(() => first) }
  const [grey = 0] = bands
  return { bands: bands.length === 1 ? [grey, grey, grey] : bands, ranges: [first, ...others] }
}

interface TiffChoice extends BandChoice {
  readonly size: string
  readonly orientation: number
}

function planTiff(tiff: TiffDirectory, { bands, scale, size, orientation }: TiffChoice): DecodePlan | ImageRefusal {
  const what = `it has ${counted(tiff.bands)} of ${typeName(tiff)} (${size})`
  const compression = compressionName(tiff.compression)
  const refuse = (reason: string, hint: string): ImageRefusal => ({
    reason: `${what}, ${reason}`,
    hint,
  })
  const isBeyond = isBeyondDecoder(tiff.compression)
  if (isBeyond && !canDecompress(tiff.compression))
    return refuse(`and its compression, ${compression}, is not read`, 'convert it to deflate')
  const colours = bands === undefined ? colourBands(tiff) : bands.map(band => band - 1)
  if (colours === undefined) return refuse('and does not say which of them are red, green and blue', nameBands)
  const beyond = colours.find(band => band >= tiff.bands)
  if (beyond !== undefined) return refuse(`and no band ${beyond + 1}`, "name others under 'bands'")
  if (!isOfBytes(tiff) && scale === undefined)
    return refuse('and does not say which values are black and white', nameScale)
  if (bands === undefined && scale === undefined && isPlain(tiff) && !isBeyond) return { kind: 'plain' }
  const hasAlpha = bands === undefined && isPlain(tiff) && tiff.bands > colours.length
  // White is zero only where a scale says which value is white.
  const isKnown = tiff.photometric === 1 || tiff.photometric === 2 || (tiff.photometric === 0 && scale !== undefined)
  if (!hasReadableType(tiff) || !isKnown || orientation > 1 || (hasAlpha && scale === undefined))
    return refuse('and its bands cannot be read one by one', 'convert it to grey or RGB of 8 bits a band')
  if (!canDecompress(tiff.compression))
    return refuse(
      `and its bands cannot be read one by one from the compression ${compression}`,
      'convert it to deflate',
    )
  return { kind: 'bands', tiff, ...withRanges(colours, scale, [0, 255]) }
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
  { facts, ...options }: ImageDecodeOptions & { readonly facts: ImageFacts },
): Promise<Raster> {
  switch (plan.kind) {
    case 'plain':
      return decodeImage(image, { ...options, isUpright: facts.orientation === 1 })
    case 'deep png':
      return resized(await decodeDeepPng(image, plan, { facts, ...options }), options)
    case 'bands': {
      const { width, height } = plan.tiff
      const shrink =
        options.size === undefined || width * height <= mostPixels ? 1 : Math.min(width, height) / (2 * options.size)
      const source = await openBytes(image)
      try {
        const raster = await readTiffBands(source, plan.tiff, {
          bands: plan.bands,
          ranges: plan.ranges,
          shrink: Math.max(1, Math.floor(shrink)),
        })
        return await resized(raster, options)
      } finally {
        await source.close()
      }
    }
  }
}

/** Pixels of 16 bits as RGB of 8 bits; a large scene is reduced before it is in memory as a whole. */
async function decodeDeepPng(
  image: ImageBytes,
  { bands, ranges }: Colours,
  { facts, size, filter = 'lanczos3' }: ImageDecodeOptions & { readonly facts: ImageFacts },
): Promise<Raster> {
  const isLarge = size !== undefined && facts.width * facts.height > mostPixels
  const picture = sharp(image, { ...anySize, autoOrient: facts.orientation > 1 }).toColourspace(
    facts.channels < 3 ? 'grey16' : 'rgb16',
  )
  const { data, info } = await (isLarge ? picture.resize(size, size, { fit: 'cover', kernel: filter }) : picture)
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
  const pixels = new Uint8ClampedArray(width * height * 3)
  for (let channel = 0; channel < 3; channel++) {
    const one = bands.length === 1 ? 0 : channel
    const [black, white] = ranges[one] ?? [0, 65_535]
    const band = bands[one] ?? 0
    for (let pixel = 0; pixel < width * height; pixel++)
      pixels[3 * pixel + channel] = (((values[pixel * channels + band] ?? 0) - black) / (white - black)) * 255
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
