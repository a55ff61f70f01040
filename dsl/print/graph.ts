/** A plan as a graph in Mermaid or Graphviz DOT. */
import type { Outline, OutlinedStage } from '../compile/plan.ts'

/** Formats of pictures. */
export const graphFormats = ['mermaid', 'dot'] as const

/** A format of pictures. */
export type GraphFormat = (typeof graphFormats)[number]

const dotStyles = { done: 'filled', away: 'dashed' } as const

/**
 * Prints the stages of a plan, with an arrow from each input; `done` tests if a result is stored already. Stages whose data is
 * not here are dashed.
 */
export function drawGraph(plan: Outline, format: GraphFormat, done: (stage: OutlinedStage) => boolean): string {
  const numbers = new Map(plan.stages.map((stage, index) => [stage.id, `s${index}`]))
  const arrows = plan.stages.flatMap(stage =>
    Object.entries(stage.inputs).map(([role, { stage: from, split }]) => ({
      from: numbers.get(from) ?? '',
      to: numbers.get(stage.id) ?? '',
      label: split === undefined ? role : `${role} (${split})`,
    })),
  )
  const nodes = plan.stages.map(stage => ({
    ...stage,
    number: numbers.get(stage.id) ?? '',
    look: stage.key === undefined ? ('away' as const) : done(stage) ? ('done' as const) : undefined,
  }))
  const isAway = nodes.some(({ look }) => look === 'away')
  switch (format) {
    case 'mermaid':
      return [
        'flowchart TD',
        ...nodes.map(({ number, id, kind, look }) => `  ${number}["${id}<br/>${kind}"]${look ? `:::${look}` : ''}`),
        ...arrows.map(({ from, to, label }) => `  ${from} -- "${label}" --> ${to}`),
        '  classDef done fill:#d9ead3',
        ...(isAway ? ['  classDef away stroke-dasharray:4 3'] : []),
      ].join('\n')
    case 'dot':
      return [
        `digraph ${JSON.stringify(plan.name)} {`,
        ...nodes.map(
          ({ number, id, kind, look }) =>
            `  ${number} [label=${JSON.stringify(`${id}\n${kind}`)}${look ? `, style=${dotStyles[look]}` : ''}]`,
        ),
        ...arrows.map(({ from, to, label }) => `  ${from} -> ${to} [label=${JSON.stringify(label)}]`),
        '}',
      ].join('\n')
  }
}
