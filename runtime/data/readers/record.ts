/** Items that readers of sources find: a record for each image, and corrupt and omitted items. */
import type { SplitName } from '../../../dsl/values/split_names.ts'
import { createRandom } from '../random.ts'

/** Location of the bytes of an image. */
export type ImageLocation =
  | { readonly kind: 'file'; readonly path: string }
  | (NamedContainer & { readonly kind: 'extent'; readonly offset: number; readonly size: number })
  | (NamedContainer & { readonly kind: 'cell'; readonly column: string; readonly row: number })

/** A shard or table, and its name in reasons. */
interface NamedContainer {
  readonly path: string
  readonly name: string
}

/**
 * The name of a file or folder that a recipe names, in records and reasons: its role in the stage, as `$json` or
 * `$shards[3]`. Where it lies is no part of the key, and so may be in no byte of the result.
 */
export const roleName = (role: string, index?: number): string =>
  index === undefined ? `$${role}` : `$${role}[${index}]`

/** One image of a source before it is read: small, plain data that any process can make a sample of. */
export interface ImageRecord {
  readonly kind: 'record'
  /** Path of the image as people know it: inside its folder or its shard. */
  readonly file: string
  /** Its name in reasons; absent: `file`. */
  readonly name?: string
  /** Unique in its source: what splits must not cut. */
  readonly group: string
  readonly split: SplitName
  /** At least one; none is empty. */
  readonly captions: readonly string[]
  /** Class in words, or empty. */
  readonly label: string
  /** Human label: whether it is an overhead view. */
  readonly overhead?: boolean
  /** Provenance that the sample keeps beside `file`. */
  readonly facts: { readonly [name: string]: string | number }
  readonly location: ImageLocation
  /** Progress of reading with this record, in the unit of its source. */
  readonly position: number
}

/** Something that cannot be used, where it is, and why. */
export interface CorruptItem {
  readonly kind: 'corrupt'
  /** The file at fault, inside the source's folder, or the role of the shard or table. */
  readonly file: string
  /** Name of the sample in the file. */
  readonly key?: string
  /** Line of a table, from 1. */
  readonly line?: number
  /** Column of a table, or field of a record. */
  readonly column?: string
  /** A sentence that says where, what and what to do. */
  readonly reason: string
}

/** An image that the source itself says it does not have: no fault, but counted. */
export interface OmittedItem {
  readonly kind: 'omitted'
  /** The reason in the word of the source: `failed_to_download`. */
  readonly reason: string
}

/** A file or row that is no data: no fault, but counted. */
export interface LeftOutItem {
  readonly kind: 'left out'
  /** Path of the file, or place of the row. */
  readonly file: string
  /** A noun phrase that many items share: `files of operating systems and editors`. */
  readonly reason: string
}

/** An item that a reader finds. */
export type SourceItem = ImageRecord | CorruptItem | OmittedItem | LeftOutItem

/** A source that can be read, any number of times, and finds the same each time. */
export interface SourceReader {
  /** Records and faults in order. Throws where the source as a whole cannot be read. */
  readonly find: () => AsyncIterable<SourceItem>
  /** Unit of the positions of records: `images`, `MB`, `rows`. */
  readonly unit: string
  /** Position at the end; undefined until it is known. */
  readonly total: () => number | undefined
}

/** An item that is left out; its reason is a noun phrase that many items share. */
export const leftOutItem = (file: string, reason: string): LeftOutItem => ({ kind: 'left out', file, reason })

/** The reason for files of operating systems and editors. */
export const litterReason = 'files of operating systems and editors'

/** A file of an operating system or an editor. */
export const litterItem = (file: string): LeftOutItem => leftOutItem(file, litterReason)

/** A corrupt item; facts that are undefined are left out. */
export function corruptItem(
  file: string,
  reason: string,
  where: { readonly key?: string | undefined; readonly line?: number | undefined; readonly column?: string } = {},
): CorruptItem {
  const { key, line, column } = where
  return {
    kind: 'corrupt',
    file,
    ...(key !== undefined && { key }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    reason,
  }
}

/** Shares that are held out. */
export interface SplitShares {
  readonly val: number
  readonly test: number
}

/** The split that a key draws: the same one in whatever list it stands. */
export function assignSplit(key: string, { val, test, seed }: SplitShares & { readonly seed: number }): SplitName {
  if (val + test === 0) return 'train'
  const draw = createRandom(seed, `split of ${key}`).next()
  return draw < test ? 'test' : draw < test + val ? 'val' : 'train'
}
