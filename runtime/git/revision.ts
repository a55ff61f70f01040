/** Files as a revision has them, read from git's objects; nothing is checked out. */

import { extname, relative, sep } from 'node:path'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { disk, type Files } from '../../dsl/read/file.ts'
import { isLitter } from '../../dsl/values/litter.ts'
import { sha256 } from '../store/digest.ts'
import { digestFiles, digestPath } from '../store/digest_path.ts'
import { askGit, gitBlob, workTreeRoot } from './git.ts'

/** A revision. */
export interface Revision {
  readonly files: Files
  /** Digest of a file or folder, as the compiler asks for it. */
  readonly digest: (path: string) => string
  /** Data files that the revision does not have, and that were taken as they lie in the work tree. */
  readonly borrowed: ReadonlySet<string>
}

interface Blob {
  readonly id: string
  readonly size: number
  readonly isFile: boolean
}

/** Endings of files that are always the revision's own: recipes, what they import, and locks. */
const ownEndings = new Set(['.yaml', '.yml', '.ts', '.json', '.lock'])

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

  /** Data that git ignores is as good as it is now; recipes are not. */
  function isBorrowed(path: string): boolean {
    if (blobs.has(inTree(path)) || isFolder(path) || ownEndings.has(extname(path))) return false
    if (disk.stat(path) === undefined) return false
    borrowed.add(disk.name(path))
    return true
  }

  const files: Files = {
    stat(path) {
      const blob = blobs.get(inTree(path))
      if (blob !== undefined) return { kind: blob.isFile ? 'file' : 'other', size: blob.size }
      if (isFolder(path)) return { kind: 'folder', size: 0 }
      return isBorrowed(path) ? disk.stat(path) : undefined
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
    if (blob !== undefined) return sha256(gitBlob(blob.id))
    if (!isFolder(path)) return digestPath(path)
    const folder = inTree(path)
    const inside = [...blobs]
      .filter(([file]) => folder === '' || file.startsWith(`${folder}/`))
      .map(([file, blob]) => ({ ...blob, name: file.slice(folder === '' ? 0 : folder.length + 1) }))
      .filter(({ name }) => !isLitter(name))
    return digestFiles(
      inside.filter(({ isFile }) => isFile).map(({ name, id, size }) => ({ name, size, sha256: sha256(gitBlob(id)) })),
      inside.filter(({ isFile }) => !isFile).map(({ name }) => name),
    )
  }

  return { files, digest, borrowed }
}

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
