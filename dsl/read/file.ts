/** Reads recipe files from disk; every way this can go wrong is a diagnostic. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { type Code, type Details, type Diagnostic, diagnose } from '../check/diagnostic.ts'
import { outsideProject } from '../check/permissions.ts'
import { suggest } from '../check/suggest.ts'
import type { SourceText, Span } from './located.ts'

/** Recipes are read by people; beyond this size a file is something else. */
const largestFile = 1024 * 1024

/** Endings of files that recipes may extend or import: other files are not read, so no message shows their content. */
const readable = ['.yaml', '.yml', '.ts', '.json']

/** The text, or why there is none. */
export type ReadResult = { readonly source: SourceText } | { readonly fault: Diagnostic }

/** Reads a UTF-8 file. `asked` is where its name was written; absent, the name came from the command line. */
export function readSource(path: string, asked?: Span): ReadResult {
  const name = relative('.', path) || path
  const empty: SourceText = { name, path: resolve(path), text: '' }
  const fault = (code: Code, message: string, details: Details = {}): ReadResult => ({
    fault: diagnose(code, asked ?? { source: empty, start: 0, end: 0 }, { message, ...details }),
  })
  if (asked && !readable.includes(extname(path)))
    return fault('not-a-file', `'${name}' is no recipe: names of recipes end in ${readable.join(', ')}`)
  try {
    if (asked && leavesProject(path, dirname(asked.source.path)))
      return fault('outside-project', `'${name}' lies outside the project`, {
        fix: { hint: 'copy it into the project: a recipe is made from files that are kept with it' },
      })
    const stat = statSync(path)
    if (!stat.isFile())
      return fault(
        'not-a-file',
        `'${name}' is ${stat.isDirectory() ? 'a folder' : 'no plain file'}; name a recipe file`,
      )
    if (stat.size > largestFile)
      return fault('file-too-large', `'${name}' has ${stat.size} bytes; a recipe has at most ${largestFile}`)
    const bytes = readFileSync(path)
    const text = decode(bytes)
    if (text === undefined)
      return fault('invalid-utf8', `'${name}' is not UTF-8: ${invalidByte(bytes)}; save it as UTF-8`)
    if (text.includes('\0'))
      return fault('invalid-utf8', `'${name}' is not UTF-8: it holds NUL characters, as UTF-16 does; save it as UTF-8`)
    return { source: { ...empty, text } }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return fault('missing-file', `There is no file '${name}'`, { fix: { hint: missingHint(name, asked) } })
    return fault(
      'unreadable-file',
      `'${name}' cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** Whether a file lies outside the project of a folder, by its name or by where its links lead. */
function leavesProject(path: string, folder: string): boolean {
  if (outsideProject([path], folder).length > 0) return true
  return outsideProject([realpathSync(path)], realpathSync(folder)).length > 0
}

function missingHint(name: string, asked: Span | undefined): string {
  const near = similarFile(name)
  if (near !== undefined) return `did you mean '${join(dirname(name), near)}'?`
  return asked ? 'paths are relative to the file they stand in' : "name a recipe file; 'terroir init' writes one"
}

/** The file of the same folder whose name, endings aside, is nearest; undefined where none is near or no folder there. */
export function similarFile(path: string): string | undefined {
  const stem = (file: string): string => basename(file, extname(file))
  try {
    const byStem = new Map(readdirSync(dirname(path)).map(file => [stem(file), file]))
    return byStem.get(suggest(stem(path), byStem.keys()) ?? '')
  } catch {
    return undefined
  }
}

/** Drops a byte order mark; undefined where a byte is not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Finds the first byte that does not decode: the longest prefix without a replacement character made by decoding. */
function invalidByte(bytes: Uint8Array): string {
  const lossy = new TextDecoder('utf-8').decode(bytes)
  const encoded = new TextEncoder().encode(lossy)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const shift = hasMark ? 3 : 0
  let at = 0
  while (encoded[at] === bytes[at + shift]) at++
  const line = new TextDecoder('utf-8').decode(bytes.subarray(0, at + shift)).split('\n').length
  return `byte 0x${(bytes[at + shift] ?? 0).toString(16).padStart(2, '0')} in line ${line}`
}
