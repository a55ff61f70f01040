/** The safetensors format: a length, a JSON header, raw little-endian data. */
import { readFile, writeFile } from 'node:fs/promises'
import { type HostArray, hostArray } from '../engine/mod.ts'

/** Tensors by name. */
export type Arrays = Readonly<Record<string, HostArray>>

export interface Safetensors {
  readonly arrays: Arrays
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

const dtypeNames = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false
  const { dtype, shape, data_offsets: offsets } = value as Partial<Entry>
  return typeof dtype === 'string' && Array.isArray(shape) && Array.isArray(offsets) && offsets.length === 2
}

/** int64 is narrowed to int32, float16 and float64 become float32; other types throw. */
function decode(name: string, entry: Entry, bytes: Uint8Array): HostArray {
  const { dtype, shape } = entry
  const copy = new Uint8Array(bytes).buffer
  switch (dtype) {
    case 'F32':
      return hostArray(new Float32Array(copy), { shape, dtype: 'float32' })
    case 'F64':
      return hostArray(Float32Array.from(new Float64Array(copy)), { shape, dtype: 'float32' })
    case 'F16':
      return hostArray(Float32Array.from(new Uint16Array(copy), halfToFloat), { shape, dtype: 'float32' })
    case 'I32':
      return hostArray(new Int32Array(copy), { shape, dtype: 'int32' })
    case 'I64':
      return hostArray(Int32Array.from(new BigInt64Array(copy), Number), { shape, dtype: 'int32' })
    case 'BOOL':
      return hostArray(new Uint8Array(copy), { shape, dtype: 'bool' })
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

/** Parses the content of a file; `name` is used in errors, which say what is wrong with the file. */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const fault = (what: string) => new Error(`'${name}' is not a whole safetensors file: ${what}`)
  if (bytes.length < 8) throw fault(`it has ${bytes.length} bytes`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length > bytes.length - 8) throw fault(`the header of ${length} bytes does not fit in it`)
  let header: Record<string, unknown>
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)))
  } catch {
    throw fault('its header is not JSON')
  }
  const arrays: Record<string, HostArray> = {}
  for (const [key, entry] of Object.entries(header)) {
    if (key === '__metadata__') continue
    if (!isEntry(entry)) throw fault(`the entry of '${key}' lacks dtype, shape or data_offsets`)
    const [begin, end] = entry.data_offsets
    if (begin > end || 8 + length + end > bytes.length)
      throw fault(`the data of '${key}' end at byte ${8 + length + end} of ${bytes.length}`)
    arrays[key] = decode(key, entry, bytes.subarray(8 + length + begin, 8 + length + end))
  }
  return { arrays, metadata: (header.__metadata__ ?? {}) as Record<string, string> }
}

/** Reads a file; errors name it. */
export const readSafetensors = async (path: string): Promise<Safetensors> =>
  parseSafetensors(await readFile(path), path)

/** Throws where an array is missing or has another shape than it must; `where` names the file or folder. */
export function requireShapes(
  arrays: Arrays,
  shapes: Readonly<Record<string, readonly number[]>>,
  where: string,
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const found = arrays[name]?.shape
    if (`${found}` !== `${shape}`)
      throw new Error(`Parameter '${name}' of the model in '${where}' has shape [${found ?? 'none'}], not [${shape}]`)
  }
}

/** The content of a file: entries sorted by name, data aligned to 8 bytes, the same arrays give the same bytes. */
export function formatSafetensors(arrays: Arrays, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const names = Object.keys(arrays).sort()
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {}
  const parts: Uint8Array[] = []
  let offset = 0
  for (const name of names) {
    const array = arrays[name]
    if (array === undefined) continue
    const { data, shape, dtype } = array
    header[name] = { dtype: dtypeNames[dtype], shape, data_offsets: [offset, offset + data.byteLength] }
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    offset += data.byteLength
  }
  const text = JSON.stringify(header)
  const head = Buffer.from(
    text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8 + text.length - Buffer.byteLength(text)),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(head.length))
  return Buffer.concat([length, head, ...parts])
}

/** Writes a file. */
export const writeSafetensors = (path: string, { arrays, metadata }: Safetensors): Promise<void> =>
  writeFile(path, formatSafetensors(arrays, metadata))
