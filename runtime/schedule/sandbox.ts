/** The sandbox of a worker, as flags of Node's permission model. */
import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { grantsVariable } from './refusal.ts'

/** Folders and files a worker may use beyond the program itself; absolute paths. */
export interface Sandbox {
  readonly readable: readonly string[]
  readonly writable: readonly string[]
  /** Programs it may start; the sandbox does not reach into those. */
  readonly run: readonly string[]
  /** Hosts it may reach, as `host` or `host:port`. */
  readonly net: readonly string[]
  /** Environment variables it sees beyond those that every program needs. */
  readonly env: readonly string[]
}

/** Folder of the compiled program: `dist`. */
export const program = resolve(import.meta.dirname, '../..')

/** The program and every package it may import, wherever a package manager has put them. */
function programFiles(): readonly string[] {
  const found = [program]
  for (let folder = dirname(program); ; folder = dirname(folder)) {
    found.push(join(folder, 'package.json'), join(folder, 'node_modules'))
    if (folder === dirname(folder)) return found
  }
}

/** True if an absolute path is a folder or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

/**
 * The grants for some paths: themselves, and the targets of links.
 *
 * Node 20 keeps grants in a prefix tree that answers wrongly if one begins with another: a grant below a granted
 * folder, or `data/mine.csv` beside the folder `data/mine`, hides the folder itself. So what a folder covers is left
 * out, and a folder whose name begins another's becomes the pattern `data/mine*`, which covers both.
 */
function grants(paths: readonly string[]): readonly string[] {
  const present = paths.map(path => resolve(path)).filter(path => existsSync(path))
  const all = [...new Set(present.flatMap(path => [path, realpathSync(path)]))]
  const folders = all.filter(path => statSync(path).isDirectory())
  const begun = (path: string): readonly string[] => all.filter(other => other !== path && other.startsWith(path))
  return all
    .filter(path => !folders.some(folder => folder !== path && path.startsWith(folder)))
    .map(path => {
      const namesakes = folders.includes(path) && begun(path).some(other => other[path.length] !== '/')
      return namesakes ? `${path}*` : path
    })
}

/**
 * Flags for `node`: no programs and no network unless granted, no writing but to `writable`, no reading but of
 * `readable`, `writable` and the program. Native addons (onnxruntime, sharp) and worker threads are allowed; addons are trusted code.
 */
export function sandboxFlags({ readable, writable, run }: Sandbox): readonly string[] {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  return [
    permission,
    '--allow-addons',
    '--allow-worker',
    ...(run.length > 0 ? ['--allow-child-process'] : []),
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    ...grants([...programFiles(), ...readable, ...writable]).map(path => `--allow-fs-read=${path}`),
    ...grants(writable).map(path => `--allow-fs-write=${path}`),
    `--require=${join(import.meta.dirname, '../schedule/guard.cjs')}`,
  ]
}

/** Variables that programs need to find their libraries, devices and language; all others are denied by default. */
const passedOn =
  /^(PATH|HOME|LANG|LC_[A-Z]+|TZ|LD_LIBRARY_PATH|VK_[A-Z_]+|XDG_(RUNTIME_DIR|DATA_DIRS|CACHE_HOME)|SystemRoot)$/

/** The environment of a worker; its folder of temporary files is one that it may write. */
export function sandboxEnvironment({ net, run, env }: Sandbox, temporary: string): Readonly<Record<string, string>> {
  const passed = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && (passedOn.test(name) || env.includes(name)) ? [[name, value] as const] : [],
  )
  return { ...Object.fromEntries(passed), TMPDIR: temporary, [grantsVariable]: JSON.stringify({ net, run }) }
}
