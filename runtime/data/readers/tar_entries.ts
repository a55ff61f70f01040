/** The entries of a tar file, in order, with the place of their bytes. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import tar from 'tar-stream'
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'
import { isLitter } from '../../../dsl/values/litter.ts'
import { otherFormat } from './other_format.ts'

/** One file in a tar. */
export interface TarEntry {
  readonly kind: 'entry'
  readonly name: string
  readonly offset: number
  readonly size: number
  /** Its bytes, where they were asked for and are not too many. */
  readonly bytes?: Uint8Array
}

/** An entry that is no file, or the place where the tar breaks off. */
export interface TarDamage {
  readonly kind: 'damage'
  /** Name of the entry at fault, or of the last one that is whole. */
  readonly entry: string
  readonly reason: string
}

/** A file of an operating system or an editor. */
export interface TarLitter {
  readonly kind: 'litter'
  readonly name: string
}

/** Options of {@link readTar}. */
export interface TarReading {
  /** Name of the tar in reasons. */
  readonly name: string
  /** True for entries whose bytes are wanted. */
  readonly wants?: (name: string) => boolean
}

/** The most bytes that are kept of an entry: files beside images are small. */
export const mostBytes = 16 * 2 ** 20

/** Headers and the bytes of files come in blocks. */
const block = 512

/** Tars of old programs have no format in their headers; the types of tar-stream do not know that option. */
const extractOptions = { highWaterMark: 2 ** 16, allowUnknownFormat: true }

/** Types of entries that hold no data of their own. */
const silent: readonly unknown[] = [
  'directory',
  'pax-header',
  'pax-global-header',
  'gnu-long-path',
  'gnu-long-link-path',
]

/**
 * Streams through a tar; the bytes of entries that `wants` names are kept, others only passed. A tar that is cut short gives
 * its whole entries and then a damage. Throws where the file cannot be read, is empty, or is no plain tar.
 */
export async function* readTar(
  path: string,
  { name: shard, wants }: TarReading,
): AsyncGenerator<TarEntry | TarDamage | TarLitter> {
  const length = await checkPlain(path)
  const input = createReadStream(path, { highWaterMark: 2 ** 20 })
  const entries = tar.extract(extractOptions)
  input.on('error', error => entries.destroy(error))
  input.pipe(entries)
  let last = ''
  let end = 0
  let count = 0
  const damage = (reason: string): TarDamage => ({
    kind: 'damage',
    entry: last,
    reason: `${shard} breaks off or is damaged after '${last}' (${reason}); get it anew`,
  })
  try {
    for await (const entry of entries) {
      const { name, size = 0 } = entry.header
      const offset = offsetOf(entry.header)
      const wrong = wrongEntry(entry.header, shard)
      const isFile = entry.header.type === 'file' || entry.header.type === 'contiguous-file'
      // An entry is handed on once the tar is known to hold all of it.
      const bytes = await drain(entry, isFile && wants?.(name) === true && size <= mostBytes)
      end = offset + Math.ceil(size / block) * block
      count += 1
      if (isLitter(name)) {
        if (isFile) yield { kind: 'litter', name }
      } else if (wrong !== undefined) yield { kind: 'damage', entry: name, reason: wrong }
      else if (isFile) {
        last = name
        yield { kind: 'entry', name, offset, size, ...(bytes !== undefined && { bytes }) }
      }
    }
    // Tars end with blocks of zeros; one that lost its last entries as a whole has none.
    if (length - end < block) yield damage('it has no end mark')
  } catch (cause) {
    if (input.errored) throw new DataFault(`${path} cannot be read: ${input.errored.message}`, { file: path, cause })
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (count === 0)
      throw new DataFault(`Shard ${path} is no tar: ${reason}`, {
        hint: 'check the shards of the source',
        file: path,
        cause,
      })
    yield damage(reason)
  } finally {
    input.destroy()
  }
}

/** The reason why an entry cannot be used, whatever its bytes. */
function wrongEntry({ name, type }: tar.Header, shard: string): string | undefined {
  if (type === 'symlink' || type === 'link')
    return `'${name}' in ${shard} is a link, and links are not followed; store the file itself`
  if (silent.includes(type)) return undefined
  if (type !== 'file' && type !== 'contiguous-file')
    return `'${name}' in ${shard} is no plain file but a ${type ?? 'kind of entry that is not known'}; store the file itself`
  if (/(^|\/)GNUSparseFile\.[0-9]+\//.test(name))
    return `'${name}' in ${shard} is a sparse file; write the shard without --sparse`
  return name.includes('\ufffd')
    ? `'${name}' in ${shard} has a name that is not UTF-8; write the shard with names in UTF-8`
    : undefined
}

/** The bytes of an entry, or undefined where they are only passed. */
async function drain(entry: AsyncIterable<unknown>, isWanted: boolean): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  for await (const chunk of entry) if (isWanted && chunk instanceof Uint8Array) chunks.push(chunk)
  return isWanted ? Buffer.concat(chunks) : undefined
}

/** tar-stream says where the bytes of an entry begin, its types do not. */
function offsetOf(header: object): number {
  if ('byteOffset' in header && typeof header.byteOffset === 'number') return header.byteOffset
  throw new Error('tar-stream no longer says where entries lie; install the version of package-lock.json')
}

/** The length of a shard. Throws where it cannot be opened, is empty or is plainly no tar. */
async function checkPlain(path: string): Promise<number> {
  const file = await open(path).catch(cause => {
    throw new UserFault(`Shard ${path} cannot be opened`, { hint: 'check the shards of the source', cause })
  })
  try {
    const { size } = await file.stat()
    if (size === 0) throw new DataFault(`Shard ${path} holds 0 bytes`, { hint: 'get it anew', file: path, byte: 0 })
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    const other = otherFormat(buffer.subarray(0, bytesRead))
    if (other?.kind === 'compressed')
      throw new DataFault(`Shard ${path} is compressed`, { hint: 'unpack it to a plain .tar first', file: path })
    if (other !== undefined)
      throw new DataFault(`Shard ${path} is no tar: it is ${other.name}`, { hint: other.hint, file: path })
    return size
  } finally {
    await file.close()
  }
}
