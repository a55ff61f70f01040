/** Digests of files and folders that recipes name. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { isLitter } from '../../dsl/values/litter.ts'
import { type FileRecord, sha256 } from './digest.ts'

/**
 * Digest of a file, or of a folder: its sorted relative paths with the size and digest of each, and the names of links,
 * which readers tell and do not follow. What operating systems and editors leave behind is no part of a folder.
 */
export function digestPath(path: string): string {
  if (!statSync(path).isDirectory()) return digestFile(path)
  const { files, links } = listFiles(path)
  return digestFiles(
    files.map(name => ({ name, size: statSync(join(path, name)).size, sha256: digestFile(join(path, name)) })),
    links,
  )
}

/** The content of a folder that is part of its digest: paths relative to it, with `/` between folders. */
export interface FolderContent {
  readonly files: readonly string[]
  readonly links: readonly string[]
}

/** Lists the content of a folder that is part of its digest. */
export function listFiles(folder: string): FolderContent {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const nameOf = ({ parentPath, name }: Dirent): string => relative(folder, join(parentPath, name)).split(sep).join('/')
  const namesOf = (found: readonly Dirent[]): readonly string[] => found.map(nameOf).filter(name => !isLitter(name))
  return {
    files: namesOf(entries.filter(entry => entry.isFile())),
    links: namesOf(entries.filter(entry => entry.isSymbolicLink())),
  }
}

/** Digest of a folder by its content, named relative to it; litter is to be left out of it. */
export function digestFiles(files: readonly NamedFile[], links: readonly string[] = []): string {
  const lines = [
    ...files.map(({ name, size, sha256 }) => `${JSON.stringify(name)} ${size} ${sha256}`),
    ...links.map(name => `${JSON.stringify(name)} link`),
  ]
  return sha256(lines.sort().join('\n'))
}

interface NamedFile extends FileRecord {
  readonly name: string
}

function digestFile(path: string): string {
  const file = openSync(path, 'r')
  try {
    return hashChunks(file, createHash('sha256'))
  } finally {
    closeSync(file)
  }
}

function hashChunks(file: number, hash: Hash): string {
  const buffer = Buffer.allocUnsafe(1 << 20)
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) hash.update(buffer.subarray(0, read))
  return hash.digest('hex')
}
