/** Digests of files and folders that recipes name. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { type FileRecord, sha256 } from './digest.ts'

/** Digest of a file, or of a folder: its sorted relative paths with the size and digest of each. */
export function digestPath(path: string): string {
  if (!statSync(path).isDirectory()) return digestFile(path)
  const files = listFiles(path).map(name => ({ name, path: join(path, name) }))
  return digestFiles(files.map(({ name, path }) => ({ name, size: statSync(path).size, sha256: digestFile(path) })))
}

/** The files of a folder that are part of its digest, relative to it, with `/` between folders. */
export const listFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))

/** Digest of a folder by the files in it, named relative to it. */
export function digestFiles(files: readonly NamedFile[]): string {
  const lines = files.map(({ name, size, sha256 }) => `${JSON.stringify(name)} ${size} ${sha256}`)
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
