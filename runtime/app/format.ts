/** The canonical layout of YAML recipes. */
import { renameSync, writeFileSync } from 'node:fs'
import { type Diagnostic, isClean } from '../../dsl/diagnostics/diagnostic.ts'
import { readSource } from '../../dsl/read/file.ts'
import { readYaml } from '../../dsl/read/yaml.ts'
import { recipeFiles } from './recipe_files.ts'

/** Endings of files that are laid out. */
export const formatEndings: readonly string[] = ['.yaml', '.yml']

/** A file that was laid out, or that cannot be read. */
export interface FormattedFile {
  readonly file: string
  /** `changed` tells a layout that was not canonical; it is written unless the files are only checked. */
  readonly state: 'unchanged' | 'changed' | 'unreadable'
  /** Faults of a file that cannot be read, and warnings of any. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Lays YAML recipes out canonically: order of keys, indent, blank lines. Comments and meaning stay.
 *
 * @param paths recipe files, or folders that are searched for them
 */
export async function format(
  paths: readonly string[],
  { checkOnly = false }: { readonly checkOnly?: boolean | undefined } = {},
): Promise<{ readonly files: readonly FormattedFile[]; readonly emptyFolders: readonly string[] }> {
  const { formatYaml } = await import('../../dsl/print/format.ts')
  const found = recipeFiles(paths, formatEndings)
  const files = found.files.map((file): FormattedFile => {
    const read = readSource(file)
    const diagnostics = 'fault' in read ? [read.fault] : readYaml(read.source).diagnostics
    if ('fault' in read || !isClean(diagnostics)) return { file, state: 'unreadable', diagnostics }
    const { path, text } = read.source
    const laidOut = formatYaml(text)
    if (laidOut === text) return { file, state: 'unchanged', diagnostics }
    if (!checkOnly) replace(path, laidOut)
    return { file, state: 'changed', diagnostics }
  })
  return { files, emptyFolders: found.emptyFolders }
}

/** Whole or not at all: a recipe is never left half written. */
function replace(path: string, text: string): void {
  const aside = `${path}.${process.pid}.tmp`
  writeFileSync(aside, text)
  renameSync(aside, path)
}
