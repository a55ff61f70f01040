/** Checks that the files that a recipe names exist. */
import { dirname, join, resolve } from 'node:path'
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { modelKind, sourceKind } from '../kinds/registry.ts'
import { disk, type Files, similarFile } from '../read/file.ts'
import { expandBraces } from '../values/braces.ts'
import type { Span } from '../values/located.ts'
import type { NamedPath } from '../values/named_path.ts'
import { type Checked, spanAt } from './names.ts'

/** One diagnostic for each missing file of a model; where the data lies elsewhere, a warning. */
export function checkModelPaths(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.models).flatMap(([name, model]) =>
    modelKind(model)
      .paths(model)
      .flatMap(named => checkPath(checked, { ...named, at: ['models', name, ...named.at] })),
  )
}

/**
 * One diagnostic for each missing file, and for a folder where a file belongs or the other way round; where the data lies
 * elsewhere, one warning for each source that lacks files.
 */
export function checkPaths(checked: Checked): readonly Diagnostic[] {
  return Object.entries(checked.recipe.sources).flatMap(([name, source]) => {
    const found: Diagnostic[] = []
    // A path inside or beside another is checked only if that one exists and the entry lacks nothing.
    for (const named of sourceKind(source).paths(source))
      if (named.near === undefined || (found.length === 0 && !checked.gaps?.broken.has(name)))
        found.push(...checkPath(checked, { ...named, at: ['sources', name, ...named.at] }))
    const firstWarning = found.find(({ severity }) => severity === 'warning')
    return found.filter(one => one.severity === 'error' || one === firstWarning)
  })
}

/** One diagnostic for a path with braces, however many of its files are missing. */
function checkPath(checked: Checked, named: NamedPath): readonly Diagnostic[] {
  const { path, at, wanted, near, hasBraces = false } = named
  const span = spanAt(checked, at)
  const expansion = hasBraces ? expandBraces(path) : { paths: [path] }
  if ('fault' in expansion) return [diagnose('bad-name', span, { message: expansion.fault })]
  for (const one of expansion.paths) {
    const expected = { path: one, span, wanted, isInside: near === 'inside', isWritten: one === path }
    const found = checkOne(checked, expected)
    if (found !== undefined) return [found]
  }
  return []
}

const insideHint = "this path starts from the source's folder"

/** A file or folder that must exist at a path. */
interface ExpectedPath extends Pick<NamedPath, 'path' | 'wanted'> {
  readonly span: Span
  /** True if it belongs to a folder that exists here, so that it cannot be elsewhere. */
  readonly isInside: boolean
  /** True if the recipe spells this path itself, false if it is one of several that braces stand for. */
  readonly isWritten: boolean
}

function checkOne(checked: Checked, { path, span, wanted, isInside, isWritten }: ExpectedPath): Diagnostic | undefined {
  const absolute = resolve(checked.folder, path)
  const files = checked.files ?? disk
  const stat = statOf(absolute, files)
  if (stat instanceof Error)
    return diagnose('unreadable-file', span, { message: `'${path}' cannot be read: ${stat.message}` })
  if (stat === undefined) {
    const near = isWritten ? similarFile(absolute, files) : undefined
    const elsewhere = checked.recipe.resources.elsewhere && !isInside
    const where = elsewhere ? 'here; the recipe says that its data lies elsewhere' : 'beside the recipe'
    return diagnose('missing-file', span, {
      severity: elsewhere ? 'warning' : 'error',
      message: `There is no ${wanted} '${path}' ${where}`,
      ...replaceWith(
        span,
        near && join(dirname(path), near),
        elsewhere ? {} : { otherwise: isInside ? insideHint : 'paths are relative to the file they stand in' },
      ),
    })
  }
  if (stat.kind === wanted) return undefined
  return diagnose('not-a-file', span, {
    message: `'${path || '.'}' is ${stat.kind === 'folder' ? 'a folder; a file' : 'no folder; a folder'} belongs here`,
  })
}

/** The status of a path: undefined if nothing exists there, an error if it cannot be read, such as a loop of links. */
function statOf(path: string, files: Files): ReturnType<Files['stat']> | Error {
  try {
    return files.stat(path)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
