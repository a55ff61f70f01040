/** What the compiler asks of this machine: kinds of stages, digests of files, files of installed packages. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { Environment } from '../../dsl/compile/environment.ts'
import type { StageKind } from '../stages/stage.ts'
import { sha256 } from '../store/digest.ts'
import { versionOf } from './version.ts'

/** An environment with these kinds of stages. */
export function machineEnvironment(kinds: readonly StageKind[]): Environment {
  const byName = new Map(kinds.map(kind => [kind.kind, kind]))
  return { kind: name => byName.get(name), digest: digestPath, resolvePackageFile }
}

/** Digest of a file, or of a folder: its sorted relative paths with the size and digest of each. */
export function digestPath(path: string): string {
  if (!statSync(path).isDirectory()) return digestFile(path)
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
  const lines = files.map(file => {
    const name = file
      .slice(path.length + 1)
      .split(sep)
      .join('/')
    return `${JSON.stringify(name)} ${statSync(file).size} ${digestFile(file)}`
  })
  return sha256(lines.sort().join('\n'))
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

/** Finds `PACKAGE/PATH` in the nearest `node_modules`. Packages often export less than they ship, so none is asked. */
export function resolvePackageFile(name: string): { readonly path: string; readonly version: string } {
  const packageName = /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', packageName)
    if (existsSync(join(found, 'package.json')))
      return { path: join(folder, 'node_modules', name), version: versionOf(join(found, 'package.json')) }
  }
  throw new Error(`The package '${packageName}' is not installed; run npm ci`)
}
