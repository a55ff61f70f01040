/** The safetensors format: a length, a JSON header, raw little-endian data. */
import { open, writeFile } from 'node:fs/promises'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { type HostArray, hostArray } from '../engine/mod.ts'
import { readBytes, readSafetensorsHeader, type SafetensorsHeader } from './safetensors_header.ts'

/** Arrays on the host by name. */
export type HostArrays = Readonly<Record<string, HostArray>>

/** Content of a safetensors file. */
export interface Safetensors {
  readonly arrays: HostArrays
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

const dtypeNames = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const

/** Options of reading. */
export interface ReadOptions {
  /**
   * Chooses arrays by the header, before data are read: the name in the file by the name in the result. Arrays that are not
   * chosen may have any dtype. @default all
   */
  readonly select?: (entries: SafetensorsHeader['entries']) => Readonly<Record<string, string>>
}

/**
 * Reads a file array by array, so that it may be larger than half of the memory. The header is checked as a whole before any
 * data are read; faults name the file and the array.
 */
export async function readSafetensors(path: string, { select }: ReadOptions = {}): Promise<Safetensors> {
  const file = await open(path, 'r')
  try {
    const { entries, metadata } = await readSafetensorsHeader(file, path)
    const chosen = select?.(entries) ?? Object.fromEntries(Object.keys(entries).map(name => [name, name]))
    const arrays: [string, HostArray][] = []
    for (const [name, source] of Object.entries(chosen)) {
      const entry = entries[source]
      if (entry === undefined) continue
      const decode = decoders[entry.dtype]
      if (decode === undefined)
        throw new DataFault(`The array '${source}' of '${path}' has dtype ${entry.dtype}`, {
          file: path,
          item: source,
          hint: `${Object.keys(decoders).join(', ')} can be read`,
        })
      arrays.push([name, decode(await readBytes(file, entry.begin, entry.end - entry.begin), entry.shape)])
    }
    return { arrays: Object.fromEntries(arrays), metadata }
  } finally {
    await file.close()
  }
}

/** Makes an array of little-endian bytes that begin a buffer. */
type Decoder = (bytes: Buffer<ArrayBuffer>, shape: readonly number[]) => HostArray

const float32 =
  (read: (buffer: ArrayBuffer) => Float32Array): Decoder =>
  ({ buffer }, shape) =>
    hostArray(read(buffer), { shape, dtype: 'float32' })

/** By dtype: int64 is narrowed to int32; float16, bfloat16 and float64 become float32. */
const decoders: { readonly [dtype: string]: Decoder | undefined } = {
  F32: float32(buffer => new Float32Array(buffer)),
  F16: float32(buffer => Float32Array.from(new Uint16Array(buffer), halfToFloat)),
  BF16: float32(buffer => new Float32Array(Uint32Array.from(new Uint16Array(buffer), bits => bits << 16).buffer)),
  F64: float32(buffer => Float32Array.from(new Float64Array(buffer))),
  I32: ({ buffer }, shape) => hostArray(new Int32Array(buffer), { shape, dtype: 'int32' }),
  I64: ({ buffer }, shape) => hostArray(Int32Array.from(new BigInt64Array(buffer), Number), { shape, dtype: 'int32' }),
  BOOL: ({ buffer }, shape) => hostArray(new Uint8Array(buffer), { shape, dtype: 'bool' }),
}

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Throws if an array is missing or has a wrong shape; `where` names the file or folder. */
export function requireShapes(
  arrays: Readonly<Record<string, { readonly shape: readonly number[] }>>,
  shapes: Readonly<Record<string, readonly number[]>>,
  where: string,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const found = arrays[name]?.shape
    if (`${found}` !== `${shape}`)
      throw new DataFault(
        `Parameter '${name}' of the model in '${where}' has shape [${found ?? 'none'}], not [${shape}]`,
        {
          file: where,
          item: name,
        },
      )
  }
}

/**
 * Writes a file: entries sorted by name, the header padded so that data are aligned to 8 bytes; the same arrays give the
 * same bytes, which are written one array after the other.
 */
export async function writeSafetensors(path: string, { arrays, metadata }: Safetensors): Promise<void> {
  const sorted = Object.entries(arrays).sort(([a], [b]) => (a < b ? -1 : 1))
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {}
  let offset = 0
  for (const [name, { data, shape, dtype }] of sorted) {
    header[name] = { dtype: dtypeNames[dtype], shape, data_offsets: [offset, offset + data.byteLength] }
    offset += data.byteLength
  }
  const text = Buffer.from(JSON.stringify(header))
  const head = Buffer.concat([text, Buffer.alloc(-text.length & 7, ' ')])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(head.length))
  await writeFile(path, [length, head, ...sorted.map(([, { data }]) => bytesOf(data))])
}

/** The bytes of an array's elements, not copied. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: HostArray['data']): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)
