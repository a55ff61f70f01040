/** Names of files of a stage, where its result knows them by their roles alone. */
import { statSync } from 'node:fs'
import { basename } from 'node:path'

/** Files and folders of a stage by role. */
export interface RoleFiles {
  readonly [role: string]: string | readonly string[] | undefined
}

/** A text with the names that people know in place of roles: `$shards[3]` is `000003.tar`, `$images` the whole path. */
export const withFileNames = (text: string, files: RoleFiles): string =>
  text.replace(/\$([a-z]+)(?:\[([0-9]+)\])?/g, (role, name, index) => {
    const given = Object.hasOwn(files, name) ? files[name] : undefined
    const path = typeof given === 'string' ? given : given?.[index]
    return path === undefined ? role : nameOf(path)
  })

const nameOf = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : basename(path)
