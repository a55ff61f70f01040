/** What a worker may touch, as flags of Node's permission model. */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** Folders and files a worker may use beyond the program itself; absolute paths. */
export interface Sandbox {
  readonly readable: readonly string[]
  readonly writable: readonly string[]
  /** Whether it may start other programs; the sandbox does not reach into those. @default false */
  readonly childProcesses?: boolean
}

/** Folder of the compiled program: `dist`. */
const program = resolve(import.meta.dirname, '../..')

/** The program and every package it may import, wherever a package manager has put them. */
function programFiles(): readonly string[] {
  const found = [program]
  for (let folder = dirname(program); ; folder = dirname(folder)) {
    found.push(join(folder, 'package.json'), join(folder, 'node_modules'))
    if (folder === dirname(folder)) return found
  }
}

const withRealPaths = (paths: readonly string[]): readonly string[] => [
  ...new Set(paths.filter(path => existsSync(path)).flatMap(path => [path, realpathSync(path)])),
]

/**
 * Flags for `node`: no child processes unless granted, no writing but to `writable`, no reading but of `readable`, `writable` and
 * the program. Native addons (onnxruntime, sharp) and worker threads are allowed; addons are trusted code.
 */
export function sandboxFlags({ readable, writable, childProcesses = false }: Sandbox): readonly string[] {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission'
  return [
    permission,
    '--allow-addons',
    '--allow-worker',
    ...(childProcesses ? ['--allow-child-process'] : []),
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    ...withRealPaths([...programFiles(), ...readable, ...writable]).map(path => `--allow-fs-read=${path}`),
    ...withRealPaths(writable).map(path => `--allow-fs-write=${path}`),
  ]
}
