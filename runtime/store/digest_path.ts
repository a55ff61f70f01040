/** Digests of files and folders that recipes name. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { type FileRecord, sha256 } from './digest.ts'

/** Digest of a file, or of a folder: its sorted relative paths with the size and digest of each. */
export function digestPath(path: string): string {
  if (!statSync(path).isDirectory()) return digestFile(path)
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  const nameOf = (file: string): string => relative(path, file).split(sep).join('/')
  return digestFiles(files.map(file => ({ name: nameOf(file), size: statSync(file).size, sha256: digestFile(file) })))
}

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
