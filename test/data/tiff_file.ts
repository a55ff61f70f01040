/** Small TIFF files, as tools of remote sensing write them: any number of bands, of any type. */

/** Type of the values of a band. */
export type BandType = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64'

/** One image of a TIFF. */
export interface TiffPage {
  readonly width: number
  readonly height: number
  readonly type: BandType
  /** Value of a band, from 0, at a pixel. */
  readonly value: (band: number, x: number, y: number) => number
  readonly bands: number
  /** 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK. */
  readonly photometric: number
  /** Meaning of the bands beyond the colours: 0 unspecified, 1 and 2 alpha. */
  readonly extraSamples?: readonly number[]
  /** 1: a reduced overview; 4: a mask. */
  readonly subfile?: number
  /** XML of GDAL. */
  readonly gdalMetadata?: string
  /** Number of a compression, and what it makes of the pixels. @default none */
  readonly compression?: readonly [number: number, compress: (pixels: Buffer) => Buffer]
}

const types: Readonly<Record<BandType, { readonly bytes: number; readonly format: number }>> = {
  uint8: { bytes: 1, format: 1 },
  int8: { bytes: 1, format: 2 },
  uint16: { bytes: 2, format: 1 },
  int16: { bytes: 2, format: 2 },
  uint32: { bytes: 4, format: 1 },
  int32: { bytes: 4, format: 2 },
  float32: { bytes: 4, format: 3 },
  float64: { bytes: 8, format: 3 },
}

function write(buffer: Buffer, type: BandType, at: number, value: number): void {
  switch (type) {
    case 'uint8':
      buffer.writeUInt8(value, at)
      return
    case 'int8':
      buffer.writeInt8(value, at)
      return
    case 'uint16':
      buffer.writeUInt16LE(value, at)
      return
    case 'int16':
      buffer.writeInt16LE(value, at)
      return
    case 'uint32':
      buffer.writeUInt32LE(value, at)
      return
    case 'int32':
      buffer.writeInt32LE(value, at)
      return
    case 'float32':
      buffer.writeFloatLE(value, at)
      return
    case 'float64':
      buffer.writeDoubleLE(value, at)
  }
}

function pixelsOf({ width, height, type, bands, value }: TiffPage): Buffer {
  const { bytes } = types[type]
  const pixels = Buffer.alloc(width * height * bands * bytes)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let band = 0; band < bands; band++)
        write(pixels, type, ((y * width + x) * bands + band) * bytes, value(band, x, y))
  return pixels
}

/** An uncompressed, little-endian TIFF of one strip a page. */
export function tiffFile(...pages: readonly TiffPage[]): Buffer {
  const chunks: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0])]
  let length = 8
  const add = (chunk: Buffer): number => {
    const at = length
    const padded = chunk.length % 2 === 0 ? chunk : Buffer.concat([chunk, Buffer.alloc(1)])
    chunks.push(padded)
    length += padded.length
    return at
  }
  let pointer: (directory: number) => void = directory => chunks[0]?.writeUInt32LE(directory, 4)
  for (const page of pages) {
    const [compression, compress] = page.compression ?? [1, (pixels: Buffer) => pixels]
    const pixels = compress(pixelsOf(page))
    const { bytes, format } = types[page.type]
    const every = (value: number): readonly number[] => Array.from({ length: page.bands }, () => value)
    const strip = add(pixels)
    const tags: readonly (readonly [tag: number, type: 2 | 3 | 4, values: readonly number[]])[] = [
      [254, 4, [page.subfile ?? 0]],
      [256, 4, [page.width]],
      [257, 4, [page.height]],
      [258, 3, every(8 * bytes)],
      [259, 3, [compression]],
      [262, 3, [page.photometric]],
      [273, 4, [strip]],
      [277, 3, [page.bands]],
      [278, 4, [page.height]],
      [279, 4, [pixels.length]],
      [284, 3, [1]],
      ...(page.extraSamples ? ([[338, 3, page.extraSamples]] as const) : []),
      [339, 3, every(format)],
      ...(page.gdalMetadata ? ([[42112, 2, [...Buffer.from(`${page.gdalMetadata}\0`)]]] as const) : []),
    ]
    const directory = Buffer.alloc(2 + 12 * tags.length + 4)
    directory.writeUInt16LE(tags.length, 0)
    for (const [i, [tag, type, values]] of tags.entries()) {
      const size = { 2: 1, 3: 2, 4: 4 }[type]
      const data = Buffer.alloc(Math.max(4, values.length * size))
      for (const [j, value] of values.entries()) data.writeUIntLE(value, j * size, size)
      const entry = 2 + 12 * i
      directory.writeUInt16LE(tag, entry)
      directory.writeUInt16LE(type, entry + 2)
      directory.writeUInt32LE(values.length, entry + 4)
      if (values.length * size <= 4) data.copy(directory, entry + 8)
      else directory.writeUInt32LE(add(data), entry + 8)
    }
    pointer(add(directory))
    pointer = next => directory.writeUInt32LE(next, directory.length - 4)
  }
  return Buffer.concat(chunks)
}
