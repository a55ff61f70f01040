/** Checks that texts fit the model that reads them. */
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import type { PromptText } from '../kinds/definition.ts'
import type { FilledRecipe } from '../kinds/filled.ts'
import { distill, evaluationKind } from '../kinds/registry.ts'
import type { ValuePath } from '../values/located.ts'
import { architectureOf, type Checked, spanAt } from './names.ts'

/** One warning for each prompt and template with more words than its model reads tokens: a word is at least one token. */
export function checkTexts(checked: Checked): readonly Diagnostic[] {
  return readersOf(checked.recipe).flatMap(({ path, model, texts }) => {
    const most = (architectureOf(checked.recipe, model)?.text.context_length ?? Number.POSITIVE_INFINITY) - 2
    return texts.flatMap(({ text, at, set }) => {
      const words = text.split(/\s+/).filter(Boolean).length
      if (words <= most) return []
      return [
        diagnose('text-too-long', spanAt(checked, [...path, ...at]), {
          severity: 'warning',
          message: `${set === undefined ? 'The text' : `The longest template of '${set}'`} has ${words} words, and '${model}' reads at most ${most} tokens between begin and end; the rest is cut off`,
          fix: {
            hint: `${set === undefined ? 'shorten it' : 'write shorter ones'}, or raise the model's 'context_length'`,
          },
        }),
      ]
    })
  })
}

/** Entries whose texts a model reads. */
interface TextReader {
  readonly path: ValuePath
  readonly model: string
  readonly texts: readonly PromptText[]
}

const readersOf = (recipe: FilledRecipe): readonly TextReader[] => [
  ...Object.entries(recipe.distill).map(([name, entry]) => ({
    path: ['distill', name],
    model: entry.model,
    texts: distill.prompts(entry),
  })),
  ...Object.entries(recipe.evaluate).map(([name, entry]) => ({
    path: ['evaluate', name],
    model: entry.model,
    texts: evaluationKind(entry).prompts?.(entry) ?? [],
  })),
]
