/** Reads recipe files from disk; every failure is a diagnostic. */
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { type Code, type Details, type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import type { Files } from '../values/files.ts'
import type { SourceText, Span } from '../values/located.ts'
import { outsideProject } from '../values/project.ts'
import { decodeUtf8, findInvalidByte } from '../values/utf8.ts'

export type { Files } from '../values/files.ts'

/** Size of a recipe at most. @unit bytes */
const largestFile = 1024 * 1024

/** Endings of files that recipes may extend or import: other files are not read, so no message shows their content. */
const readable = ['.yaml', '.yml', '.ts', '.json']

/** The files of this machine. */
export const disk: Files = {
  stat(path) {
    const found = statOf(path)
    return found && { kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other', size: found.size }
  },
  read: path => readFileSync(path),
  real: path => realpathSync(path),
  list: folder => readdirSync(folder),
  name: path => relative('.', path) || path,
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}

/** Options of reading a file. */
export interface ReadSourceOptions {
  /** The span that names the file; absent: the command line named it. */
  readonly asked?: Span | undefined
  readonly files?: Files | undefined
}

/** The text, or the fault of reading it. */
export type ReadResult = { readonly source: SourceText } | { readonly fault: Diagnostic }

/** Reads a UTF-8 file. */
export function readSource(path: string, { asked, files = disk }: ReadSourceOptions = {}): ReadResult {
  const name = files.name(resolve(path))
  const empty: SourceText = { name, path: resolve(path), text: '' }
  const fault = (code: Code, message: string, details: Details = {}): ReadResult => ({
    fault: diagnose(code, asked ?? { source: empty, start: 0, end: 0 }, { message, ...details }),
  })
  if (asked && !readable.includes(extname(path)))
    return fault('not-a-file', `'${name}' is no recipe: names of recipes end in ${readable.join(', ')}`)
  try {
    const isAllowed = (at: string, folder: string): boolean => outsideProject([at], folder).length === 0
    const outside = fault('outside-project', `'${name}' lies outside the project`, {
      fix: { hint: 'copy it into the project: a recipe is made from files that are kept with it' },
    })
    const from = asked && dirname(asked.source.path)
    if (from !== undefined && !isAllowed(path, from)) return outside
    const stat = files.stat(resolve(path))
    if (stat === undefined)
      return fault('missing-file', `There is no file '${name}'`, { fix: { hint: missingHint(path, { asked, files }) } })
    if (from !== undefined && !isAllowed(files.real(path), files.real(from))) return outside
    if (stat.kind !== 'file')
      return fault(
        'not-a-file',
        `'${name}' is ${stat.kind === 'folder' ? 'a folder' : 'no plain file'}; name a recipe file`,
      )
    if (stat.size > largestFile)
      return fault('file-too-large', `'${name}' has ${stat.size} bytes; a recipe has at most ${largestFile}`)
    const bytes = files.read(resolve(path))
    const text = decodeUtf8(bytes)
    if (text === undefined) {
      const { value, line } = findInvalidByte(bytes)
      return fault('invalid-utf8', `'${name}' is not UTF-8: byte ${value} in line ${line}; save it as UTF-8`)
    }
    if (text.includes('\0'))
      return fault('invalid-utf8', `'${name}' is not UTF-8: it holds NUL characters, as UTF-16 does; save it as UTF-8`)
    return { source: { ...empty, text } }
  } catch (error) {
    return fault(
      'unreadable-file',
      `'${name}' cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function missingHint(path: string, { asked, files = disk }: ReadSourceOptions): string {
  const near = similarFile(resolve(path), files)
  if (near !== undefined) return `did you mean '${files.name(join(dirname(resolve(path)), near))}'?`
  return asked ? 'paths are relative to the file they stand in' : "name a recipe file; 'terroir init' writes one"
}

/** The file of the same folder whose name, endings aside, is nearest; undefined if there is none. */
export function similarFile(path: string, files: Files = disk): string | undefined {
  const stem = (file: string): string => basename(file, extname(file))
  try {
    const byStem = new Map(files.list(dirname(path)).map(file => [stem(file), file]))
    return byStem.get(suggest(stem(path), byStem.keys()) ?? '')
  } catch {
    return undefined
  }
}
