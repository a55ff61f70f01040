/** What `terroir explain` says of a value: what it is, which line or flag gave it, and what that stands in place of. */

import { recipeSchema } from '../../dsl/check/schema_node.ts'
import type { LoadedRecipe } from '../../dsl/compile/load.ts'
import { cellLabel } from '../../dsl/compile/matrix.ts'
import { absence, type Provenance, provenance } from '../../dsl/compile/provenance.ts'
import { place } from '../../dsl/diagnostics/render.ts'
import { canonical } from '../../dsl/values/canonical.ts'
import { type Located, plain } from '../../dsl/values/located.ts'

/** Longest text that a value is shown by. */
const widest = 80

/** The lines on the value at a path, for each way in which variants have it; undefined where there is none. */
export function explainValue({ variants }: LoadedRecipe, what: string): readonly string[] | undefined {
  const byText = new Map<string, string[]>()
  for (const variant of variants) {
    const found = provenance(variant, what.split('.'))
    if (found === undefined) continue
    const text = [canonical(found.value), ...originLines(found)].join('\n')
    byText.set(text, [...(byText.get(text) ?? []), cellLabel(variant.cell)])
  }
  if (byText.size === 0) return undefined
  return [...byText].flatMap(([text, cells]) => {
    const [value = '', ...lines] = text.split('\n')
    const where = byText.size > 1 ? ` in ${short(cells.join(' '))}` : ''
    return [`${what} = ${value}${where}`, ...lines]
  })
}

function originLines(found: Provenance): readonly string[] {
  return [`  ${sourceText(found)}`, ...replacedLines(found.replaced)]
}

const replacedLines = (replaced: readonly Located[]): readonly string[] =>
  replaced.map(node => `  instead of ${written(node)} at ${place(node.span)}`)

/** Where a value was written, in words. */
export function sourceText({ span, parameter, removed }: Provenance): string {
  if (removed !== undefined) return `default, because of null at ${place(removed)}`
  if (span === undefined) return 'default'
  return parameter ? `${place(span)}, inserted from ${place(parameter.span)}` : place(span)
}

const short = (text: string): string => (text.length > widest ? `${text.slice(0, widest)} ...` : text)

/** A scalar as it was written, anything else in canonical form. */
const written = (node: Located): string =>
  short(node.kind === 'scalar' ? node.span.source.text.slice(node.span.start, node.span.end) : canonical(plain(node)))

/** The lines on a path without a value, where it begins like the path of one. */
export function explainAbsence(
  { variants: [variant] }: LoadedRecipe,
  what: string,
): { readonly isField: boolean; readonly lines: readonly string[] } | undefined {
  const steps = what.split('.')
  const [section = ''] = steps
  if (variant === undefined) return undefined
  const { meaning, meant, removed } = absence(variant, steps)
  if (removed !== undefined)
    return { isField: true, lines: [`${what} is removed`, `  ${place(removed.by)}`, ...replacedLines(removed.values)] }
  if (meaning !== undefined)
    return { isField: true, lines: [`${what} is not given, and has no default`, `  ${meaning}`] }
  if (meant === undefined && recipeSchema.properties?.[section] === undefined) return undefined
  return {
    isField: false,
    lines: [`error: The recipe has no value '${what}'`, ...(meant === undefined ? [] : [`hint: write '${meant}'`])],
  }
}
