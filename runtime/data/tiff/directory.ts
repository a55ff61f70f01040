/** Directories of TIFF files, classic and Big, in either byte order: what their images are, and where their bytes lie. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'

/** A file that is read in parts. */
export interface ByteSource {
  /** @unit bytes */
  readonly length: number
  read(offset: number, length: number): Promise<Uint8Array>
}

/** One image of a TIFF. */
export interface TiffDirectory {
  readonly isLittleEndian: boolean
  readonly width: number
  readonly height: number
  /** Bits of each band. */
  readonly bits: readonly number[]
  /** 1 unsigned, 2 signed, 3 floating point, of each band. */
  readonly formats: readonly number[]
  readonly bands: number
  readonly compression: number
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 Lab. */
  readonly photometric: number
  /** Meaning of the bands beyond the colours: 0 unspecified, 1 and 2 alpha. */
  readonly extraSamples: readonly number[]
  /** True where each band lies apart. */
  readonly isPlanar: boolean
  readonly predictor: number
  /** True for a reduced overview or a mask of another image. */
  readonly isAuxiliary: boolean
  /** Size of the blocks that are compressed each on its own: tiles, or strips as wide as the image. */
  readonly block: { readonly width: number; readonly height: number }
  readonly offsets: readonly number[]
  readonly counts: readonly number[]
  /** XML of GDAL, or empty. */
  readonly gdalMetadata: string
}

/** Images of a file beyond which it is something else. */
const mostPages = 10_000

/** Values of a tag beyond which it is damaged. */
const mostValues = 2 ** 25

const sizes: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 },
}

/** Tests if bytes begin a TIFF. */
export function isTiff(first: Uint8Array): boolean {
  const [a, b, c, d] = first
  const version = a === 0x49 && b === 0x49 ? [c, d] : a === 0x4d && b === 0x4d ? [d, c] : []
  return (version[0] === 42 || version[0] === 43) && version[1] === 0
}

/** Reads the directories of a file, in order. Throws a fault with the byte where one is damaged or cut short. */
export async function readTiffDirectories(source: ByteSource): Promise<readonly TiffDirectory[]> {
  const head = view(await readWhole(source, 0, Math.min(16, source.length)))
  const isLittle = head.getUint16(0) === 0x4949
  const isBig = head.getUint16(2, isLittle) === 43
  let at = isBig ? Number(head.getBigUint64(8, isLittle)) : head.getUint32(4, isLittle)
  const directories: TiffDirectory[] = []
  const visited = new Set<number>()
  while (at !== 0 && directories.length < mostPages) {
    if (visited.has(at)) throw damaged('its directories form a ring', at)
    visited.add(at)
    const { tags, next } = await readTags(source, at, { isLittle, isBig })
    directories.push(toDirectory(tags, isLittle, at))
    at = next
  }
  return directories
}

interface ByteLayout {
  readonly isLittle: boolean
  readonly isBig: boolean
}

type Tags = ReadonlyMap<number, { readonly numbers: readonly number[]; readonly text: string }>

/** Tags that say what an image is; others may be of any size. */
const read = new Set([254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 338, 339, 42112])

async function readTags(
  source: ByteSource,
  at: number,
  { isLittle, isBig }: ByteLayout,
): Promise<{ readonly tags: Tags; readonly next: number }> {
  const head = view(await readWhole(source, at, isBig ? 8 : 2))
  const count = isBig ? Number(head.getBigUint64(0, isLittle)) : head.getUint16(0, isLittle)
  const entrySize = isBig ? 20 : 12
  const start = at + (isBig ? 8 : 2)
  if (count > 65_535) throw damaged('a directory has too many tags', at)
  const body = view(await readWhole(source, start, count * entrySize + (isBig ? 8 : 4)))
  const tags = new Map<number, { readonly numbers: readonly number[]; readonly text: string }>()
  for (let i = 0; i < count; i++) {
    const entry = i * entrySize
    const tag = body.getUint16(entry, isLittle)
    const type = body.getUint16(entry + 2, isLittle)
    const values = isBig ? Number(body.getBigUint64(entry + 4, isLittle)) : body.getUint32(entry + 4, isLittle)
    const size = sizes[type]
    if (!read.has(tag) || size === undefined) continue
    if (values > mostValues) throw damaged(`its tag ${tag} has too many values`, start + entry)
    const [inline, capacity] = isBig ? [entry + 12, 8] : [entry + 8, 4]
    const bytes =
      values * size <= capacity
        ? new Uint8Array(body.buffer, body.byteOffset + inline, values * size)
        : await readWhole(
            source,
            isBig ? Number(body.getBigUint64(inline, isLittle)) : body.getUint32(inline, isLittle),
            values * size,
          )
    const text = type === 2 ? Buffer.from(bytes).toString('latin1').replace(/\0+$/, '') : ''
    tags.set(tag, { numbers: type === 2 ? [] : numbersOf(view(bytes), { type, size, values, isLittle }), text })
  }
  const end = count * entrySize
  const next = isBig ? Number(body.getBigUint64(end, isLittle)) : body.getUint32(end, isLittle)
  return { tags, next }
}

function numbersOf(
  bytes: DataView,
  {
    type,
    size,
    values,
    isLittle,
  }: { readonly type: number; readonly size: number; readonly values: number; readonly isLittle: boolean },
): readonly number[] {
  return Array.from({ length: values }, (_, i) => {
    const at = i * size
    switch (type) {
      case 3:
        return bytes.getUint16(at, isLittle)
      case 4:
      case 13:
        return bytes.getUint32(at, isLittle)
      case 16:
      case 18:
        return Number(bytes.getBigUint64(at, isLittle))
      default:
        return bytes.getUint8(at)
    }
  })
}

function toDirectory(tags: Tags, isLittleEndian: boolean, at: number): TiffDirectory {
  const list = (tag: number): readonly number[] => tags.get(tag)?.numbers ?? []
  const one = (tag: number, fallback: number): number => list(tag)[0] ?? fallback
  const [width, height, bands] = [one(256, 0), one(257, 0), one(277, 1)]
  if (width === 0 || height === 0 || bands === 0) throw damaged('a directory has no size', at)
  const each = (values: readonly number[], fallback: number): readonly number[] =>
    Array.from({ length: Math.min(bands, 65_535) }, (_, band) => values[band] ?? values[0] ?? fallback)
  const isTiled = tags.has(322)
  return {
    isLittleEndian,
    width,
    height,
    bands,
    bits: each(list(258), 1),
    formats: each(list(339), 1),
    compression: one(259, 1),
    photometric: one(262, 1),
    extraSamples: list(338),
    isPlanar: one(284, 1) === 2,
    predictor: one(317, 1),
    isAuxiliary: (one(254, 0) & 5) !== 0,
    block: isTiled
      ? { width: one(322, width), height: one(323, height) }
      : { width, height: Math.min(height, one(278, height)) },
    offsets: list(isTiled ? 324 : 273),
    counts: list(isTiled ? 325 : 279),
    gdalMetadata: tags.get(42112)?.text ?? '',
  }
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const damaged = (reason: string, byte: number): DataFault => new DataFault(reason, { byte })

async function readWhole(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  if (!Number.isSafeInteger(offset) || offset + length > source.length)
    throw damaged(`it is cut short: ${length} bytes at ${offset} lie beyond its end at ${source.length}`, source.length)
  return source.read(offset, length)
}
