/** Checks that files which a recipe names are there. */
import { dirname, join, resolve } from 'node:path'
import { disk, type Files, similarFile } from '../read/file.ts'
import type { ValuePath } from '../read/located.ts'
import { type Diagnostic, diagnose, replaceWith } from './diagnostic.ts'
import { type Checked, spanAt } from './names.ts'

/** One diagnostic for each missing file, and for a folder where a file belongs or the other way round. */
export function checkPaths(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.sources).flatMap(([name, source]) => {
    if (source.kind !== 'folder') return checkPath(checked, source.table, ['sources', name, 'table'], 'file')
    const found = checkPath(checked, source.path, ['sources', name, 'path'], 'folder')
    if (found.length > 0 || source.captions === undefined) return found
    return checkPath(checked, join(source.path, source.captions), ['sources', name, 'captions'], 'file')
  })
}

function checkPath(checked: Checked, path: string, at: ValuePath, wanted: 'file' | 'folder'): readonly Diagnostic[] {
  const absolute = resolve(checked.folder, path)
  const files = checked.files ?? disk
  const span = spanAt(checked, at)
  const stat = statOf(absolute, files)
  if (stat instanceof Error)
    return [diagnose('unreadable-file', span, { message: `'${path}' cannot be read: ${stat.message}` })]
  if (stat === undefined) {
    const near = similarFile(absolute, files)
    return [
      diagnose('missing-file', span, {
        message: `There is no ${wanted} '${path}' beside the recipe`,
        ...replaceWith(span, near && join(dirname(path), near), {
          otherwise: 'paths are relative to the file they stand in',
        }),
      }),
    ]
  }
  return stat.kind === wanted
    ? []
    : [
        diagnose('not-a-file', span, {
          message: `'${path || '.'}' is ${stat.kind === 'folder' ? 'a folder; a file' : 'no folder; a folder'} belongs here`,
        }),
      ]
}

/** What lies at a path: nothing, or a fault where that cannot be told, as of a loop of links. */
function statOf(path: string, files: Files): ReturnType<Files['stat']> | Error {
  try {
    return files.stat(path)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
