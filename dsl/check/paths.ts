/** Checks that files which a recipe names are there. */
import { dirname, join, resolve } from 'node:path'
import { disk, type Files, similarFile } from '../read/file.ts'
import type { ValuePath } from '../read/located.ts'
import { type Diagnostic, diagnose, replaceWith } from './diagnostic.ts'
import type { Entry } from './filled.ts'
import { type Checked, spanAt } from './names.ts'

/** One diagnostic for each missing file of a model; where the data lies elsewhere, a warning. */
export function checkModelPaths(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.models).flatMap(([name, model]) =>
    model.kind === 'openclip'
      ? (['weights', 'tokenizer'] as const).flatMap(field =>
          checkPath(checked, { path: model[field], at: ['models', name, field], wanted: 'file' }),
        )
      : [],
  )
}

/**
 * One diagnostic for each missing file, and for a folder where a file belongs or the other way round; where the data lies
 * elsewhere, one warning for each source that lacks files.
 */
export function checkPaths(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.sources).flatMap(([name, source]) => {
    const found = checkSource(checked, name, source)
    const firstWarning = found.find(({ severity }) => severity === 'warning')
    return found.filter(one => one.severity === 'error' || one === firstWarning)
  })
}

function checkSource(checked: Checked, name: string, source: Entry<'sources'>): readonly Diagnostic[] {
  const at = (field: string): ValuePath => ['sources', name, field]
  if (source.kind !== 'folder') return checkPath(checked, { path: source.table, at: at('table'), wanted: 'file' })
  const found = checkPath(checked, { path: source.path, at: at('path'), wanted: 'folder' })
  if (found.length > 0 || source.captions === undefined) return found
  const path = join(source.path, source.captions)
  return checkPath(checked, { path, at: at('captions'), wanted: 'file', isInside: true })
}

/** What ought to lie at a path. */
interface Sought {
  /** Relative to the recipe's folder. */
  readonly path: string
  readonly at: ValuePath
  readonly wanted: 'file' | 'folder'
  /** It belongs to a folder that is here, so it cannot be elsewhere. */
  readonly isInside?: true
}

function checkPath(checked: Checked, { path, at, wanted, isInside }: Sought): readonly Diagnostic[] {
  const absolute = resolve(checked.folder, path)
  const files = checked.files ?? disk
  const span = spanAt(checked, at)
  const stat = statOf(absolute, files)
  if (stat instanceof Error)
    return [diagnose('unreadable-file', span, { message: `'${path}' cannot be read: ${stat.message}` })]
  if (stat === undefined) {
    const near = similarFile(absolute, files)
    const elsewhere = checked.recipe.resources.elsewhere && !isInside
    const where = elsewhere ? 'here; the recipe says that its data lies elsewhere' : 'beside the recipe'
    return [
      diagnose('missing-file', span, {
        severity: elsewhere ? 'warning' : 'error',
        message: `There is no ${wanted} '${path}' ${where}`,
        ...replaceWith(
          span,
          near && join(dirname(path), near),
          elsewhere ? {} : { otherwise: 'paths are relative to the file they stand in' },
        ),
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
