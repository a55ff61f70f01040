/** Checks that no dataset is decontaminated against itself, which drops all of it. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { filterKind } from '../kinds/registry.ts'
import { type Origin, originsOf } from './datasets.ts'
import { hasFilesOf } from './materials.ts'
import { type Checked, filteredBy, spanAt } from './names.ts'

/** One diagnostic for each dataset that a filter drops images of and that holds all images of the filtered one. */
export function checkSelfDecontamination(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return Object.entries(recipe.filters).flatMap(([name, filter]) => {
    const { field = '', datasets } = filterKind(filter).decontaminates ?? {}
    const from = filteredBy(filter).map(({ text }) => text)
    const filtered = from.flatMap(text => originsOf(recipe, text))
    return (datasets?.(filter) ?? []).flatMap((against, index) => {
      const others = originsOf(recipe, against)
      const isHeld = (origin: Origin) =>
        others.some(
          other =>
            (other.split === undefined || other.split === origin.split) && hasFilesOf(recipe.sources, other, origin),
        )
      if (filtered.length === 0 || !filtered.every(isHeld)) return []
      const same = from.includes(against)
        ? 'which is what it filters'
        : `which has the images of '${from.join("', '")}', which it filters`
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
