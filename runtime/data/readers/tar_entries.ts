/** The entries of a tar file, in order, with where their bytes lie. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import tar from 'tar-stream'
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'

/** One file in a tar. */
export interface TarEntry {
  readonly kind: 'entry'
  readonly name: string
  readonly offset: number
  readonly size: number
  /** Its bytes, where they were asked for. */
  readonly bytes?: Uint8Array
}

/** An entry that is no file, or where the tar breaks off. */
export interface TarDamage {
  readonly kind: 'damage'
  /** Name of the entry at fault, or of the last one that is whole. */
  readonly entry: string
  readonly reason: string
}

/** Files beside images are small; whatever is larger is none that was meant. */
const mostBytes = 16 * 2 ** 20

/**
 * Streams through a tar; the bytes of entries that `wants` are kept, others only passed. A tar that is cut short gives
 * its whole entries and then a fault. Throws where the file cannot be read or is compressed.
 */
export async function* readTar(path: string, wants: (name: string) => boolean): AsyncGenerator<TarEntry | TarDamage> {
  await checkPlain(path)
  const input = createReadStream(path, { highWaterMark: 2 ** 20 })
  const entries = tar.extract()
  input.on('error', error => entries.destroy(error))
  input.pipe(entries)
  let last = ''
  try {
    for await (const entry of entries) {
      const { name, type, size = 0 } = entry.header
      if (type === 'symlink' || type === 'link') {
        yield {
          kind: 'damage',
          entry: name,
          reason: `'${name}' in ${basename(path)} is a link, and links are not followed; store the file itself`,
        }
        entry.resume()
        continue
      }
      if (type !== 'file' && type !== 'contiguous-file') {
        entry.resume()
        continue
      }
      const found = { kind: 'entry', name, offset: offsetOf(entry.header), size } as const
      // An entry is handed on once the tar is known to hold all of it.
      const bytes = await drain(entry, wants(name) && size <= mostBytes)
      last = name
      yield bytes === undefined ? found : { ...found, bytes }
    }
  } catch (cause) {
    if (input.errored) throw new DataFault(`${path} cannot be read: ${input.errored.message}`, { file: path, cause })
    const reason = cause instanceof Error ? cause.message : String(cause)
    yield {
      kind: 'damage',
      entry: last,
      reason: `${basename(path)} breaks off or is damaged after '${last}' (${reason}); get it anew`,
    }
  } finally {
    input.destroy()
  }
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

async function checkPlain(path: string): Promise<void> {
  const file = await open(path).catch(cause => {
    throw new UserFault(`Shard ${path} cannot be opened`, { hint: 'check the shards of the source', cause })
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
    const [first, second] = buffer
    const isZip = (first === 0x1f && second === 0x8b) || buffer.readUInt32LE(0) === 0xfd2fb528
    if (bytesRead === 4 && isZip)
      throw new DataFault(`Shard ${path} is compressed`, { hint: 'unpack it to a plain .tar first', file: path })
  } finally {
    await file.close()
  }
}
