/** What prompts call the classes of a dataset. */

/** `labels` as they are, `words` spelt out of them, or words by label. */
export type PromptClassNames = 'labels' | 'words' | { readonly [label: string]: string }

/**
 * The words of each label. Throws where two labels would share their words, and where words are given for a label
 * that the dataset does not have: it is a slip of the pen, and the class would be judged by a name never meant.
 *
 * @param labels every label of the dataset, those of classes that are left out, too
 */
export function classWords(labels: readonly string[], names: PromptClassNames): ReadonlyMap<string, string> {
  const spelt = (label: string): string => {
    if (names === 'labels') return label
    if (names === 'words') return wordsOf(label)
    return Object.hasOwn(names, label) ? (names[label] ?? label) : label
  }
  const stray = typeof names === 'string' ? [] : Object.keys(names).filter(label => !labels.includes(label))
  if (stray.length > 0)
    throw new Error(
      `class_names has words for '${stray.join("', '")}', which labels no image; labels are ${labels.join(', ')}`,
    )
  const owners = new Map<string, string>()
  for (const label of labels) {
    const words = spelt(label)
    const other = owners.get(words)
    if (other !== undefined)
      throw new Error(`class_names calls both '${other}' and '${label}' '${words}'; give them words that differ`)
    owners.set(words, label)
  }
  return new Map(labels.map(label => [label, spelt(label)]))
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
