/**
 * Matrices of float32 as NumPy files, which `numpy.load` reads, whole or mapped.
 * @source NumPy Enhancement Proposal 1: a simple file format for NumPy arrays
 */
import { type FileHandle, open } from 'node:fs/promises'
import { DataFault } from '../../dsl/diagnostics/faults.ts'

/** The number of rows and columns of a matrix. */
export interface MatrixShape {
  readonly rows: number
  readonly columns: number
}

/** A matrix in memory. */
export interface Matrix extends MatrixShape {
  /** Row-major [rows, columns]. */
  readonly values: Float32Array
}

/** Writes a matrix row by row. */
export interface MatrixWriter {
  /** Adds whole rows, row-major. */
  append(rows: Float32Array): Promise<void>
  /** Throws where the rows are not as many as were announced. */
  close(): Promise<void>
}

const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
const lengthBytes = 2
/** The header ends at a multiple of it. */
const alignment = 64
const valueBytes = 4

/** Opens a writer of a new file. */
export async function createMatrix(file: string, shape: MatrixShape): Promise<MatrixWriter> {
  const handle = await open(file, 'w')
  await handle.appendFile(headerOf(shape))
  let written = 0
  return {
    async append(rows) {
      written += rows.length
      await handle.appendFile(Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength))
    },
    async close() {
      await handle.close()
      if (written !== shape.rows * shape.columns)
        throw new Error(`${file} got ${written} values instead of ${shape.rows} x ${shape.columns}`)
    },
  }
}

function headerOf({ rows, columns }: MatrixShape): Buffer {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`
  const before = magic.length + lengthBytes
  const length = Math.ceil((before + text.length + 1) / alignment) * alignment - before
  const size = Buffer.alloc(lengthBytes)
  size.writeUInt16LE(length)
  return Buffer.concat([magic, size, Buffer.from(`${text.padEnd(length - 1)}\n`, 'latin1')])
}

/** Reads the rows that `keep` chooses, by default all; beside them no more than a block of the file is in memory. */
export async function readMatrix(file: string, keep: (row: number) => boolean = () => true): Promise<Matrix> {
  const { rows: stored, columns } = await withFile(file, readHeader)
  let rows = 0
  for (let row = 0; row < stored; row++) if (keep(row)) rows += 1
  const values = new Float32Array(rows * columns)
  let [row, next] = [0, 0]
  for await (const block of readBlocks(file))
    for (let at = 0; at < block.length; at += columns)
      if (keep(row++)) values.set(block.subarray(at, at + columns), columns * next++)
  return { rows, columns, values }
}

/** Streams the rows of a matrix, in order. */
export async function* readMatrixRows(file: string): AsyncGenerator<Float32Array> {
  const { columns } = await withFile(file, readHeader)
  for await (const block of readBlocks(file))
    for (let at = 0; at < block.length; at += columns) yield block.slice(at, at + columns)
}

/** Bytes of a block at most, unless a row has more. */
const blockBytes = 2 ** 22

/** Streams blocks of whole rows; the array is used again for the next block. */
async function* readBlocks(file: string): AsyncGenerator<Float32Array> {
  const handle = await open(file)
  try {
    const { rows, columns, start } = await readHeader(handle, file)
    const rowBytes = columns * valueBytes
    const blockRows = Math.min(rows, Math.max(1, Math.floor(blockBytes / rowBytes)))
    const block = new Float32Array(blockRows * columns)
    for (let first = 0; first < rows; first += blockRows) {
      const filled = block.subarray(0, Math.min(blockRows, rows - first) * columns)
      const bytes = Buffer.from(filled.buffer, 0, filled.byteLength)
      await readFully(handle, bytes, { at: start + first * rowBytes, file })
      yield filled
    }
  } finally {
    await handle.close()
  }
}

async function withFile<T>(file: string, use: (handle: FileHandle, file: string) => Promise<T>): Promise<T> {
  const handle = await open(file)
  try {
    return await use(handle, file)
  } finally {
    await handle.close()
  }
}

async function readHeader(handle: FileHandle, file: string): Promise<MatrixShape & { readonly start: number }> {
  const before = Buffer.alloc(magic.length + lengthBytes)
  await readFully(handle, before, { at: 0, file })
  const text = Buffer.alloc(before.readUInt16LE(magic.length))
  await readFully(handle, text, { at: before.length, file })
  const [, rows, columns] = /'<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\)/.exec(text.toString()) ?? []
  if (!before.subarray(0, magic.length).equals(magic) || rows === undefined || columns === undefined)
    throw new DataFault(`${file} is no matrix of float32`, { file, hint: 'run the stage that makes it again' })
  return { rows: Number(rows), columns: Number(columns), start: before.length + text.length }
}

async function readFully(
  handle: FileHandle,
  into: Buffer,
  { at, file }: { readonly at: number; readonly file: string },
): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, into.length - done, at + done)
    if (bytesRead === 0)
      throw new DataFault(`${file} ends before its last row`, { file, hint: 'run the stage that makes it again' })
    done += bytesRead
  }
}
