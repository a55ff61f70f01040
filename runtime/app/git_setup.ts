/** Git's settings for recipes and locks, in the work tree around the current folder. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join, relative, sep } from 'node:path'
import { workTreeRoot } from '../git/git.ts'
import {
  attributeLines,
  gitSettings,
  installSettings,
  recipeFolders,
  removeSettings,
  withAttributes,
  writeAttributes,
} from '../git/setup.ts'
import { RequestFault } from './faults.ts'

/** Options of {@link setUpGit}. */
export interface GitSetupOptions {
  /** Folders of recipes. @default those that hold locked recipes, else those that hold recipes */
  readonly folders?: readonly string[] | undefined
  /** Writes nothing. @default false */
  readonly dryRun?: boolean | undefined
}

/** Settings that were written, or would be. */
export interface GitSetup {
  /** Lines of `.gitattributes`. */
  readonly attributes: readonly string[]
  /** Settings of the repository's own config. */
  readonly settings: readonly (readonly [name: string, value: string])[]
}

/** Lets git compare recipes by meaning and merge locks by stage. */
export function setUpGit({ folders: named = [], dryRun = false }: GitSetupOptions = {}): GitSetup {
  const root = rootOrFault()
  const missing = named.find(folder => !existsSync(folder))
  if (missing !== undefined) throw new RequestFault(`There is no folder '${missing}'`)
  const folders = named.map(
    folder =>
      relative(root, join('.', folder) || '.')
        .split(sep)
        .join('/') || '.',
  )
  const chosen = folders.length > 0 ? folders : recipeFolders(root)
  if (chosen.length === 0) throw new RequestFault('No folder here holds recipes yet; name those that will')
  const program = programText()
  const attributes = attributeLines(chosen)
  if (!dryRun) {
    changeAttributes(root, attributes)
    installSettings(program)
  }
  return { attributes, settings: gitSettings(program) }
}

/** Removes all that {@link setUpGit} wrote. */
export function undoGitSetup({ dryRun = false }: Pick<GitSetupOptions, 'dryRun'> = {}): void {
  const root = rootOrFault()
  if (dryRun) return
  changeAttributes(root, [])
  removeSettings()
}

function rootOrFault(): string {
  const root = workTreeRoot()
  if (root === undefined) throw new RequestFault('This folder is in no git work tree; run git init first')
  return root
}

function changeAttributes(root: string, lines: readonly string[]): void {
  const path = join(root, '.gitattributes')
  const present = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const text = withAttributes(present, lines)
  if (text !== present) writeAttributes(path, text)
}

/** The command by which git starts this program: its name where that is on PATH, else its path. */
function programText(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  if (folders.some(folder => isProgram(join(folder, 'terroir')))) return 'terroir'
  return [process.execPath, join(import.meta.dirname, '../cli/main.js')].map(quoted).join(' ')
}

/** Git hands settings to a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
