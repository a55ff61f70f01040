/** Checks that no dataset is decontaminated against itself, which drops all of it. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { filterKind } from '../kinds/registry.ts'
import { originOf } from './datasets.ts'
import { hasFilesOf } from './materials.ts'
import { type Checked, spanAt } from './names.ts'

/** One diagnostic for each dataset that a filter drops images of and that holds all images of the filtered one. */
export function checkSelfDecontamination(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.filters).flatMap(([name, filter]) => {
    const { field = '', datasets } = filterKind(filter).decontaminates ?? {}
    const filtered = originOf(recipe, filter.from)
    return (datasets?.(filter) ?? []).flatMap((against, index) => {
      const other = originOf(recipe, against)
      if (filtered.source === undefined || other.source === undefined) return []
      const isWhole = other.split === undefined || other.split === filtered.split
      if (!isWhole || !hasFilesOf(recipe.sources, other, filtered)) return []
      const same =
        against === filter.from
          ? 'which is what it filters'
          : `which has the images of '${filter.from}', which it filters`
      return [
        diagnose('filters-itself', spanAt(checked, ['filters', name, field, index]), {
          message: `'${name}' drops every image that is in '${against}', ${same}; nothing would be left`,
          related: [{ span: spanAt(checked, ['filters', name, 'from']), message: 'filtered here' }],
          fix: { hint: `name datasets that are evaluated on, such as a test split, under '${field}'` },
        }),
      ]
    })
  })
}
