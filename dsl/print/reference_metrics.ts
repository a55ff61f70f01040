/** The metrics of a kind in the reference, and the scores of filters. */
import type { Metric } from '../kinds/definition.ts'
import { verdictColumns } from '../kinds/filters/verdicts.ts'
import type { RecordColumns } from '../kinds/records.ts'
import { distill, registry, train } from '../kinds/registry.ts'
import type { SchemaNode } from '../schema/schema_node.ts'
import { exampleOf } from './reference_fields.ts'

interface Measuring {
  metrics(name: string, entry: object): readonly { readonly metrics: readonly Metric[] }[]
  /** Columns of a filter's verdicts. */
  readonly scores?: RecordColumns
}

/** The definition whose entries a node of the schema describes; `section` where the entries have no kinds. */
function definitionOf(node: SchemaNode, section: string | undefined): Measuring | undefined {
  const kind = node.properties?.kind?.const
  if (kind === undefined) return section === 'train' ? train : section === 'distill' ? distill : undefined
  const sections = [registry.sources, registry.filters, registry.models, registry.evaluate]
  return sections
    .flatMap((kinds): readonly (Measuring & { kind: string })[] => Object.values(kinds))
    .find(definition => definition.kind === kind)
}

/** One paragraph with the metrics of an entry and their units, by the example that the reference shows; empty where it has none. */
export function metricsText(
  node: SchemaNode,
  { section, resolve }: { readonly section: string | undefined; readonly resolve: (reference: string) => SchemaNode },
): string {
  const definition = definitionOf(node, section)
  if (definition === undefined) return ''
  const defaults = Object.entries(node.properties ?? {}).flatMap(([name, property]) =>
    property.default === undefined ? [] : [[name, property.default] as const],
  )
  const example = exampleOf(node, resolve)
  const entry = { ...Object.fromEntries(defaults), ...(typeof example === 'object' ? example : {}) }
  const metrics = definition.metrics('first', entry).flatMap(stage => stage.metrics)
  const byUnit = new Map<string, string[]>()
  for (const { name, unit, when } of metrics) {
    const group = when === undefined ? unit : `${unit}, ${when}`
    byUnit.set(group, [...(byUnit.get(group) ?? []), `\`${name}\``])
  }
  const groups = [...byUnit].map(([unit, names]) => `${[...new Set(names)].join(', ')} (${unit})`)
  return groups.length === 0 ? '' : `Metrics: ${groups.join('; ')}.`
}

/** One list with the columns that a filter of this kind writes beside those of every filter; empty for other kinds. */
export function scoresText(node: SchemaNode, section: string | undefined): string {
  const scores = definitionOf(node, section)?.scores
  if (scores === undefined) return ''
  const lines = Object.entries(scores).map(
    ([name, { type, unit, about }]) => `- \`${name}\` (${unit ?? (type === 'input' ? 'dataset' : type)}): ${about}`,
  )
  const common = Object.keys(verdictColumns).map(name => `\`${name}\``)
  return `Columns of \`verdicts.parquet\` beside ${common.join(', ')}:\n\n${lines.join('\n')}`
}
