/** Checks that splits that folders give exist, by the names of the folders alone. */
import { resolve } from 'node:path'
import { type Diagnostic, diagnose, replaceWith } from '../diagnostics/diagnostic.ts'
import { sourceKind } from '../kinds/registry.ts'
import { disk } from '../read/file.ts'
import { splitNamed, splitNames } from '../values/split_names.ts'
import { originsOf } from './datasets.ts'
import { type Checked, keyAt, references, spanAt, splitReference } from './names.ts'

/** One diagnostic for each split that is named and that a source with `split: folders` has no folder of. */
export function checkSplitFolders(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return references(recipe).flatMap(({ wants, text, path, isKey }) => {
    const { name, part } = splitReference(text)
    if (wants !== 'dataset' || part === undefined) return []
    const origins = originsOf(recipe, text)
    // Of joined datasets, any may have the split.
    const entry = origins.length === 1 ? recipe.sources[origins[0]?.source ?? ''] : undefined
    const folder = entry && sourceKind(entry).splitFolder?.(entry)
    if (folder === undefined) return []
    const present = splitsIn(checked, folder)
    const wanted = splitNamed(part)
    if (present === undefined || wanted === undefined || present.includes(wanted)) return []
    const span = isKey ? keyAt(checked, path) : spanAt(checked, path)
    const [only, ...others] = present
    return [
      diagnose('unknown-split', span, {
        message: `'${name}' has no split '${part}': '${folder}' holds no folder ${splitNames[wanted].join(', ')}`,
        ...replaceWith(span, only !== undefined && others.length === 0 ? `${name}.${only}` : undefined, {
          otherwise: `splits are ${present.join(', ') || 'none'}`,
        }),
      }),
    ]
  })
}

/** The splits that a folder has sub-folders of; undefined if it cannot be read, which has its own diagnostic. */
function splitsIn({ folder, files = disk }: Checked, path: string): readonly string[] | undefined {
  try {
    const names = files.list(resolve(folder, path))
    return (['train', 'val', 'test'] as const).filter(split => names.some(name => splitNamed(name) === split))
  } catch {
    return undefined
  }
}
