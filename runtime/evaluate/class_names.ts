/** Names of classes in prompts. */
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { className } from '../../dsl/values/class_name.ts'

/** `labels`: labels without change; `words`: labels split into words; or the words of each label. */
export type PromptClassNames = 'labels' | 'words' | { readonly [label: string]: string }

/**
 * The words of each label. A label may be named as the files have it: `AnnualCrop` for `annual crop`. Throws if two labels have the same words, and if words are given for a label that the dataset
 * does not have, because a misspelt label would leave its class with the default name.
 *
 * @param labels every label of the dataset, including classes that are left out
 */
export function classWords(labels: readonly string[], names: PromptClassNames): ReadonlyMap<string, string> {
  const nameOf = (label: string): string => {
    if (names === 'labels') return label
    if (names === 'words') return wordsOf(label)
    return given.get(label) ?? label
  }
  const known = new Set(labels)
  const labelOf = (name: string): string => (known.has(name) ? name : className(name))
  const given = new Map(
    typeof names === 'string' ? [] : Object.entries(names).map(([name, words]) => [labelOf(name), words]),
  )
  const unknown = typeof names === 'string' ? [] : Object.keys(names).filter(name => !known.has(labelOf(name)))
  if (unknown.length > 0)
    throw new UserFault(`class_names has words for '${unknown.join("', '")}', which labels no image`, {
      place: 'class_names',
      hint: `labels are ${labels.join(', ')}`,
    })
  const owners = new Map<string, string>()
  for (const label of labels) {
    const words = nameOf(label)
    const other = owners.get(words)
    if (other !== undefined)
      throw new UserFault(`class_names calls both '${other}' and '${label}' '${words}'`, {
        place: 'class_names',
        hint: 'give them words that differ',
      })
    owners.set(words, label)
  }
  return new Map(labels.map(label => [label, nameOf(label)]))
}

/** `AnnualCrop`, `annual_crop` and `annual-crop` -> `annual crop`; abbreviations stay together: `RVPark` -> `rv park`. */
function wordsOf(label: string): string {
  return label
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .replaceAll(/[\s_-]+/g, ' ')
    .trim()
    .toLowerCase()
}
