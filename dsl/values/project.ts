/** The project around a recipe: the files that a recipe reads without a permission. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** The nearest folder upwards that holds `.git` or `package.json`, else the folder itself: nothing in it needs a permission. */
function projectFolder(folder: string): string {
  const isProject = (at: string): boolean => existsSync(join(at, '.git')) || existsSync(join(at, 'package.json'))
  for (let at = folder; ; at = dirname(at)) {
    if (isProject(at)) return at
    if (at === dirname(at)) return folder
  }
}

/** The paths, of some that are relative to a folder, that are outside its project. */
export function outsideProject(paths: readonly string[], folder: string): readonly string[] {
  const leaving = paths.filter(path => isOutside(resolve(folder, path), folder))
  // Looked for only where a path leaves the folder: a plan may have thousands of stages.
  const project = leaving.length > 0 ? projectFolder(folder) : folder
  return leaving.filter(path => isOutside(resolve(folder, path), project))
}

/** Tests if an absolute path lies outside the project of a folder itself, or leads out of it through symbolic links. */
export function leavesProject(path: string, folder: string): boolean {
  if (outsideProject([path], folder).length > 0) return true
  const real = realPath(path)
  return real !== undefined && real !== path && isOutside(real, realPath(projectFolder(folder)) ?? folder)
}

/** The path that symbolic links lead to; undefined where nothing is there. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}

/** True if an absolute path lies outside a folder. */
export function isOutside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '..' || way.startsWith(`..${sep}`)
}
