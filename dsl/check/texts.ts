/** Checks that texts fit the model that reads them. */
import type { ValuePath } from '../read/located.ts'
import { type Diagnostic, diagnose } from './diagnostic.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

interface Written {
  readonly text: string
  readonly path: ValuePath
}

/** One warning for each prompt and template with more words than its model reads tokens: a word is at least one token. */
export function checkTexts(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return (['distill', 'evaluate'] as const).flatMap(section =>
    Object.entries(recipe[section]).flatMap(([name, entry]) => {
      const room = (architectureOf(recipe, entry.model)?.text.context_length ?? Number.POSITIVE_INFINITY) - 2
      return textsOf(entry, [section, name]).flatMap(({ text, path }) => {
        const words = text.split(/\s+/).filter(Boolean).length
        if (words <= room) return []
        return [
          diagnose('text-too-long', spanAt(checked, path), {
            severity: 'warning',
            message: `The text has ${words} words, and '${entry.model}' reads at most ${room} tokens between begin and end; the rest is cut off`,
            fix: { hint: "shorten it, or raise the model's 'context_length'" },
          }),
        ]
      })
    }),
  )
}

type Entry = Checked['recipe']['distill'][string] | Checked['recipe']['evaluate'][string]

function textsOf(entry: Entry, path: ValuePath): readonly Written[] {
  const list = (texts: readonly string[], at: ValuePath) =>
    texts.map((text, index) => ({ text, path: [...path, ...at, index] }))
  if ('templates' in entry) return list(entry.templates, ['templates'])
  if (!('queries' in entry)) return []
  return Object.entries(entry.queries).flatMap(([concept, { prompts, against }]) => [
    ...list(prompts, ['queries', concept, 'prompts']),
    ...list(against, ['queries', concept, 'against']),
  ])
}
