/** Checks that claims name a metric that is measured, and say what is expected of it. */
import { type Diagnostic, diagnose, replaceWith } from './diagnostic.ts'
import type { FilledRecipe } from './filled.ts'
import { isMetric, metricNames } from './metrics.ts'
import { type Checked, keyAt, spanAt, splitReference } from './names.ts'
import { suggest } from './suggest.ts'

/** One diagnostic for each claim that cannot be judged. */
export function checkClaims(checked: Checked): readonly Diagnostic[] {
  return Object.keys(checked.recipe.claims).flatMap(name => [
    ...checkMetric(checked, name, 'metric'),
    ...(checked.recipe.claims[name]?.over === undefined ? [] : checkMetric(checked, name, 'over')),
    ...checkBounds(checked, name),
  ])
}

function checkMetric(checked: Checked, claim: string, field: 'metric' | 'over'): readonly Diagnostic[] {
  const { recipe } = checked
  const written = recipe.claims[claim]?.[field] ?? ''
  const { name, part = '' } = splitReference(written)
  const span = spanAt(checked, ['claims', claim, field])
  const entry = measuring(recipe, name)
  if (entry === undefined) {
    const measured = [...Object.keys(recipe.evaluate), ...Object.keys(recipe.filters)]
    const near = suggest(name, measured)
    return [
      diagnose('unknown-reference', span, {
        message: `There is no evaluation or filter '${name}'`,
        ...replaceWith(span, near && `${near}.${part}`, {
          otherwise: `metrics are of ${measured.join(', ') || 'entries of evaluate and filters'}`,
        }),
      }),
    ]
  }
  if (isMetric(entry, part)) return []
  const names = metricNames(entry)
  const near = suggest(part, names)
  return [
    diagnose('unknown-metric', span, {
      message: `'${name}' (${entry.kind}) has no metric '${part}'`,
      ...replaceWith(span, near && `${name}.${near}`, { otherwise: `metrics are ${names.join(', ')}` }),
    }),
  ]
}

function measuring(recipe: FilledRecipe, name: string) {
  if (Object.hasOwn(recipe.evaluate, name)) return recipe.evaluate[name]
  return Object.hasOwn(recipe.filters, name) ? recipe.filters[name] : undefined
}

function checkBounds(checked: Checked, name: string): readonly Diagnostic[] {
  const claim = checked.recipe.claims[name]
  const given = (['expect', 'at_least', 'at_most'] as const).filter(bound => claim?.[bound] !== undefined)
  if (given.length === 1) return []
  const [, second] = given
  const span = second === undefined ? keyAt(checked, ['claims', name]) : keyAt(checked, ['claims', name, second])
  return [
    diagnose('claim-bounds', span, {
      message:
        given.length === 0
          ? `'${name}' expects nothing`
          : `'${name}' has ${given.map(bound => `'${bound}'`).join(' and ')}`,
      fix: { hint: "give one of 'expect' (with 'tolerance'), 'at_least' and 'at_most'" },
    }),
  ]
}
