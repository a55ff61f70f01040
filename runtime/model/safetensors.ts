/** The safetensors format: a length, a JSON header, raw little-endian data. */
import { type FileHandle, open, writeFile } from 'node:fs/promises'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { type HostArray, hostArray } from '../engine/mod.ts'

/** Arrays on the host by name. */
export type HostArrays = Readonly<Record<string, HostArray>>

/** Content of a safetensors file. */
export interface Safetensors {
  readonly arrays: HostArrays
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Header of an array. */
interface TensorEntry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

const dtypeNames = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const

function isTensorEntry(value: unknown): value is TensorEntry {
  if (typeof value !== 'object' || value === null) return false
  const { dtype, shape, data_offsets: offsets } = value as Partial<TensorEntry>
  return typeof dtype === 'string' && Array.isArray(shape) && Array.isArray(offsets) && offsets.length === 2
}

/** int64 is narrowed to int32, float16 and float64 become float32; other types throw. */
function decodeTensor(name: string, entry: TensorEntry, { buffer }: Buffer<ArrayBuffer>): HostArray {
  const { dtype, shape } = entry
  switch (dtype) {
    case 'F32':
      return hostArray(new Float32Array(buffer), { shape, dtype: 'float32' })
    case 'F64':
      return hostArray(Float32Array.from(new Float64Array(buffer)), { shape, dtype: 'float32' })
    case 'F16':
      return hostArray(Float32Array.from(new Uint16Array(buffer), halfToFloat), { shape, dtype: 'float32' })
    case 'I32':
      return hostArray(new Int32Array(buffer), { shape, dtype: 'int32' })
    case 'I64':
      return hostArray(Int32Array.from(new BigInt64Array(buffer), Number), { shape, dtype: 'int32' })
    case 'BOOL':
      return hostArray(new Uint8Array(buffer), { shape, dtype: 'bool' })
    default:
      throw new Error(`tensor '${name}' has dtype ${dtype}; F32, F16, F64, I32, I64 and BOOL can be read`)
  }
}

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Reads a file array by array, so that it may be larger than memory holds twice; errors name it. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  const fault = (what: string, item?: string) =>
    new DataFault(`'${path}' is not a whole safetensors file: ${what}`, { file: path, item })
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size < 8) throw fault(`it has ${size} bytes`)
    const length = Number((await bytesAt(file, 0, 8)).readBigUInt64LE())
    if (length > size - 8) throw fault(`the header of ${length} bytes does not fit in it`)
    let header: Record<string, unknown>
    try {
      header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await bytesAt(file, 8, length)))
    } catch {
      throw fault('its header is not JSON')
    }
    const arrays: Record<string, HostArray> = {}
    for (const [key, entry] of Object.entries(header)) {
      if (key === '__metadata__') continue
      if (!isTensorEntry(entry)) throw fault(`the entry of '${key}' lacks dtype, shape or data_offsets`, key)
      const [begin, end] = entry.data_offsets
      if (begin > end || 8 + length + end > size)
        throw fault(`the data of '${key}' end at byte ${8 + length + end} of ${size}`, key)
      arrays[key] = decodeTensor(key, entry, await bytesAt(file, 8 + length + begin, end - begin))
    }
    return { arrays, metadata: (header.__metadata__ ?? {}) as Record<string, string> }
  } finally {
    await file.close()
  }
}

/** Bytes that begin a buffer of their own; a single read of the system takes at most 2 GiB. */
async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.from(new ArrayBuffer(length))
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), position + done)
    if (bytesRead === 0) throw new Error(`The file ended at byte ${position + done} while it was read`)
    done += bytesRead
  }
  return bytes
}

/** Throws if an array is missing or has a wrong shape; `where` names the file or folder. */
export function requireShapes(
  arrays: HostArrays,
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
