/** Checks that texts fit the model that reads them. */

import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { templatesOf } from '../recipe/templates.ts'
import type { ValuePath } from '../values/located.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

interface Written {
  readonly text: string
  /** The published set that it stands in; absent: it is the recipe's own. */
  readonly set?: string
  readonly path: ValuePath
}

/** One warning for each prompt and template with more words than its model reads tokens: a word is at least one token. */
export function checkTexts(checked: Checked): readonly Diagnostic[] {
  const { recipe } = checked
  return (['distill', 'evaluate'] as const).flatMap(section =>
    Object.entries(recipe[section]).flatMap(([name, entry]) => {
      const room = (architectureOf(recipe, entry.model)?.text.context_length ?? Number.POSITIVE_INFINITY) - 2
      return textsOf(entry, [section, name]).flatMap(({ text, path, set }) => {
        const words = text.split(/\s+/).filter(Boolean).length
        if (words <= room) return []
        return [
          diagnose('text-too-long', spanAt(checked, path), {
            severity: 'warning',
            message: `${set === undefined ? 'The text' : `The longest template of '${set}'`} has ${words} words, and '${entry.model}' reads at most ${room} tokens between begin and end; the rest is cut off`,
            fix: {
              hint: `${set === undefined ? 'shorten it' : 'write shorter ones'}, or raise the model's 'context_length'`,
            },
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
  if ('templates' in entry)
    return typeof entry.templates === 'string'
      ? longest(templatesOf(entry.templates)).map(text => ({
          text,
          set: String(entry.templates),
          path: [...path, 'templates'],
        }))
      : list(entry.templates, ['templates'])
  if (!('queries' in entry)) return []
  return Object.entries(entry.queries).flatMap(([concept, { prompts, against }]) => [
    ...list(prompts, ['queries', concept, 'prompts']),
    ...list(against, ['queries', concept, 'against']),
  ])
}

const longest = (texts: readonly string[]): readonly string[] =>
  texts.toSorted((a, b) => b.split(' ').length - a.split(' ').length).slice(0, 1)
