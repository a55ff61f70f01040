/** The header of a safetensors file: dtype, shape and place of each array, checked as a whole. */
import type { FileHandle } from 'node:fs/promises'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { isRecord } from '../../dsl/values/json.ts'
import { otherFormat } from '../data/readers/other_format.ts'

/** An array of a file. */
export interface TensorEntry {
  readonly dtype: string
  readonly shape: readonly number[]
  /** Offset of its first byte from the start of the file. */
  readonly begin: number
  /** Offset after its last byte. */
  readonly end: number
}

/** A checked header. */
export interface SafetensorsHeader {
  readonly entries: Readonly<Record<string, TensorEntry>>
  /** The content of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Bytes of an element by dtype. */
const elementBytes: { readonly [dtype: string]: number | undefined } = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, F8_E8M0: 1, I16: 2, U16: 2, F16: 2, BF16: 2 },
  ...{ I32: 4, U32: 4, F32: 4, I64: 8, U64: 8, F64: 8, C64: 8 },
}

/** Largest header that the format allows. */
const mostBytes = 100_000_000

/**
 * Reads and checks a header: the elements of every array fill its bytes, and the bytes of all arrays follow each other
 * without gap or overlap to the end of the file, so that all arrays together are no larger than the file.
 */
export async function readSafetensorsHeader(file: FileHandle, path: string): Promise<SafetensorsHeader> {
  const fault = (what: string, item?: string) =>
    new DataFault(`'${path}' is not a whole safetensors file: ${what}`, { file: path, item })
  const { size } = await file.stat()
  const first = await readBytes(file, 0, Math.min(size, 64))
  const other = otherFormat(first)
  if (other !== undefined) {
    const hint = other.name === 'a ZIP archive' ? 'save the checkpoint of PyTorch as safetensors' : other.hint
    throw new DataFault(`'${path}' is no safetensors file: it is ${other.name}`, { file: path, hint })
  }
  if (size < 8) throw fault(`it has ${size} bytes`)
  const length = Number(first.readBigUInt64LE())
  if (length > size - 8) throw fault(`the header of ${length} bytes does not fit in it`)
  if (length > mostBytes)
    throw fault(`the header of ${length} bytes is larger than ${mostBytes}, the most of the format`)
  const header = parseObject(await readBytes(file, 8, length))
  if (header === undefined) throw fault('its header is not a JSON object')
  const metadata = textsOf(header.__metadata__ ?? {})
  if (metadata === undefined) throw fault('its __metadata__ is not a record of texts', '__metadata__')

  const data = 8 + length
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => {
      const entry = entryOf(value, data)
      if (typeof entry === 'string') throw fault(`${entry} of '${name}'`, name)
      if (entry.end > size) throw fault(`the data of '${name}' end at byte ${entry.end} of ${size}`, name)
      return [name, entry] as const
    })
  let end = data
  for (const [name, entry] of entries.toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end)
      throw fault(`the data of '${name}' begin at byte ${entry.begin}, but those before end at byte ${end}`, name)
    end = entry.end
  }
  if (end !== size) throw fault(`its arrays end at byte ${end} of ${size}`)
  return { entries: Object.fromEntries(entries), metadata }
}

/** The record in JSON text; undefined if the text is something else. */
function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function textsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isRecord(value)) return undefined
  const texts = Object.entries(value).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : []))
  return texts.length === Object.keys(value).length ? Object.fromEntries(texts) : undefined
}

/** A value as JSON of a bounded length. */
function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}...` : text
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** Checks an entry by itself; returns a noun phrase for the part of it that is wrong. */
function entryOf(value: unknown, data: number): TensorEntry | string {
  if (!isRecord(value)) return 'the entry'
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string') return 'the dtype'
  if (!Array.isArray(shape) || !shape.every(isCount)) return `the shape ${brief(shape)}`
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return `the data_offsets ${brief(offsets)}`
  const [begin = 0, end = 0] = offsets
  const bytes = elementBytes[dtype]
  // Sizes of dtypes below a byte, and of those to come, are not known here.
  const expected = bytes === undefined ? end - begin : shape.reduce((product, side) => product * side, bytes)
  if (end - begin !== expected || begin > end)
    return `the data_offsets ${brief(offsets)}, which do not fit ${dtype} of shape ${brief(shape)},`
  return { dtype, shape, begin: data + begin, end: data + end }
}

/** Reads bytes into a buffer of their own; one read of the system takes at most 2 GiB. */
export async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.from(new ArrayBuffer(length))
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 2 ** 30), position + done)
    if (bytesRead === 0) throw new Error(`The file ended at byte ${position + done} while it was read`)
    done += bytesRead
  }
  return bytes
}
