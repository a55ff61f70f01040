/** The facts about this machine that the compiler needs: digests of files, files of installed packages. */

import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from '../../dsl/compile/environment.ts'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { digestPath } from '../store/digest_path.ts'
import { codeOf } from '../store/files.ts'
import { stampPath } from '../store/path_stamp.ts'
import { versionOf } from './version.ts'

/** Options of {@link machineEnvironment}. */
export interface EnvironmentOptions extends Pick<Environment, 'mayLackFiles'> {
  /** Digest of files and folders that recipes name, which throws where nothing is there; absent: of those on disk. */
  readonly digest?: ((path: string) => string) | undefined
}

/** The files of this machine. */
export const machineEnvironment = ({ digest, ...options }: EnvironmentOptions = {}): Environment => ({
  ...options,
  // What a revision has is not on disk.
  ...(digest === undefined && { stamp: onDisk(stampPath) }),
  digest: digest === undefined ? onDisk(digestPath) : whereThere(digest),
  resolvePackageFile,
})

const whereThere =
  <Fact>(ask: (path: string) => Fact): ((path: string) => Fact | undefined) =>
  path => {
    try {
      return ask(path)
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
      throw error
    }
  }

/** Asks of what is on disk. A path that is not there is found without an exception: a recipe may name 100,000 shards. */
const onDisk = <Fact>(ask: (path: string) => Fact): ((path: string) => Fact | undefined) => {
  const found = whereThere(ask)
  return path => (whereThere(isThere)(path) === true ? found(path) : undefined)
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Finds `PACKAGE/PATH` in the nearest `node_modules`. Packages often export less than they ship, so none is asked. */
export function resolvePackageFile(name: string): { readonly path: string; readonly version: string } {
  const packageName = /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', packageName)
    if (existsSync(join(found, 'package.json')))
      return { path: join(folder, 'node_modules', name), version: versionOf(join(found, 'package.json')) }
  }
  throw new UserFault(`The package '${packageName}' is not installed`, { hint: 'run npm ci' })
}
