/** Files as a revision has them, read from git's objects; nothing is checked out. */

import { statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import type { Files } from '../../dsl/read/file.ts'
import { isLitter } from '../../dsl/values/litter.ts'
import { type FileRecord, sha256 } from '../store/digest.ts'
import { digestFiles, digestPath, type FolderContent, listFiles } from '../store/digest_path.ts'
import { askGit, gitBlob, workTreeRoot } from './git.ts'

/** A revision. */
export interface Revision {
  readonly files: Files
  /** Digest of a file or folder, as the compiler asks for it. */
  readonly digest: (path: string) => string
  /** Absolute paths that the revision does not have, or not as a whole, and whose digests are of what lies on disk. */
  readonly borrowed: ReadonlySet<string>
}

interface Blob {
  readonly id: string
  readonly size: number
  /** False for a symbolic link. */
  readonly isFile: boolean
}

/** Opens a revision of the work tree around the current folder. Throws where git knows none of that name. */
export function openRevision(name: string): Revision {
  const root = workTreeRoot()
  if (root === undefined) throw new UserFault(`'${name}' is asked of git, but this folder is in no git work tree`)
  const commit = askGit(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{tree}`])
  if (commit === undefined) throw new UserFault(`git knows no revision '${name}'`)
  const blobs = blobsOf(commit.trim())
  const folders = foldersOf(blobs)
  const borrowed = new Set<string>()

  const inTree = (path: string): string => relative(root, path).split(sep).join('/')
  const isFolder = (path: string): boolean => folders.has(inTree(path))

  const files: Files = {
    stat(path) {
      const blob = blobs.get(inTree(path))
      if (blob !== undefined) return { kind: blob.isFile ? 'file' : 'other', size: blob.size }
      if (isFolder(path)) return { kind: 'folder', size: 0 }
      return undefined
    },
    read(path) {
      const blob = blobs.get(inTree(path))
      if (blob === undefined) throw new UserFault(`'${name}' has no file '${inTree(path)}'`)
      return gitBlob(blob.id)
    },
    real: path => path,
    list: folder => [...(folders.get(inTree(folder)) ?? [])],
    name: path => `${name}:${inTree(path)}`,
  }

  function digest(path: string): string {
    const blob = blobs.get(inTree(path))
    if (blob?.isFile) return contentOf(blob).sha256
    // Data that git does not keep, or knows as a link, is as good as it lies on disk.
    if (!isFolder(path)) {
      const found = digestPath(path)
      borrowed.add(path)
      return found
    }
    const start = inTree(path) === '' ? '' : `${inTree(path)}/`
    const inside = [...blobs]
      .filter(([file]) => file.startsWith(start))
      .map(([file, blob]) => ({ ...blob, name: file.slice(start.length) }))
      .filter(({ name }) => !isLitter(name))
    const ignored = ignoredIn(path, start)
    if (ignored.files.length + ignored.links.length > 0) borrowed.add(path)
    return digestFiles(
      [
        ...inside.filter(({ isFile }) => isFile).map(blob => ({ name: blob.name, ...contentOf(blob) })),
        ...ignored.files.map(name => {
          const file = join(path, name)
          return { name, size: statSync(file).size, sha256: digestPath(file) }
        }),
      ],
      [...inside.filter(({ isFile }) => !isFile).map(({ name }) => name), ...ignored.links],
    )
  }

  return { files, digest, borrowed }
}

/** The files and links of a folder on disk that git ignores; `start` is its path from the root of the work tree. */
function ignoredIn(folder: string, start: string): FolderContent {
  const listed = askGit(['ls-files', '--others', '--ignored', '--exclude-standard', '--full-name', '-z', '--', folder])
  const ignored = new Set(listed?.split('\0').filter(file => file !== ''))
  if (ignored.size === 0) return { files: [], links: [] }
  const { files, links } = listFiles(folder)
  const isIgnored = (name: string): boolean => ignored.has(`${start}${name}`)
  return { files: files.filter(isIgnored), links: links.filter(isIgnored) }
}

/** The size and digest of a file. Where git keeps a pointer of Git LFS, they are those of the file that it points to. */
function contentOf({ id, size }: Blob): FileRecord {
  const bytes = gitBlob(id)
  const pointer = size < longestPointer ? Buffer.from(bytes).toString('latin1') : ''
  const [, digest, length] =
    /^version https:\/\/git-lfs\..*\noid sha256:([0-9a-f]{64})\nsize ([0-9]+)\n/.exec(pointer) ?? []
  return digest === undefined ? { size, sha256: sha256(bytes) } : { size: Number(length), sha256: digest }
}

/** @unit bytes */
const longestPointer = 1024

/** Every file of a tree, by its path from the root. */
function blobsOf(tree: string): ReadonlyMap<string, Blob> {
  const listed = askGit(['ls-tree', '-r', '-l', '-z', '--full-tree', tree]) ?? ''
  const lines = listed.split('\0').filter(line => line !== '')
  return new Map(
    lines.flatMap(line => {
      const [, mode = '', id = '', size = '', path = ''] = /^(\d+) blob (\w+) +(\d+)\t(.*)$/s.exec(line) ?? []
      return path === '' ? [] : [[path, { id, size: Number(size), isFile: mode.startsWith('100') }] as const]
    }),
  )
}

/** Names in each folder. */
function foldersOf(blobs: ReadonlyMap<string, Blob>): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>()
  for (const path of blobs.keys()) {
    const steps = path.split('/')
    for (const [depth, step] of steps.entries()) {
      const folder = steps.slice(0, depth).join('/')
      const names = folders.get(folder) ?? new Set()
      folders.set(folder, names.add(step))
    }
  }
  return folders
}
