/** A plan as a picture in text: Mermaid or Graphviz DOT. */
import type { Plan, Stage } from '../compile/plan.ts'

/** Formats of pictures. */
export const graphFormats = ['mermaid', 'dot'] as const

/** A format of pictures. */
export type GraphFormat = (typeof graphFormats)[number]

/** Draws the stages of a plan, an arrow from each input; `done` says which results are stored already. */
export function drawGraph(plan: Plan, format: GraphFormat, done: (stage: Stage) => boolean): string {
  const numbers = new Map(plan.stages.map((stage, index) => [stage.id, `s${index}`]))
  const arrows = plan.stages.flatMap(stage =>
    Object.entries(stage.inputs).map(([role, { stage: from, split }]) => ({
      from: numbers.get(from) ?? '',
      to: numbers.get(stage.id) ?? '',
      label: split === undefined ? role : `${role} (${split})`,
    })),
  )
  const nodes = plan.stages.map(stage => ({ ...stage, number: numbers.get(stage.id) ?? '', isDone: done(stage) }))
  switch (format) {
    case 'mermaid':
      return [
        'flowchart TD',
        ...nodes.map(({ number, id, kind, isDone }) => `  ${number}["${id}<br/>${kind}"]${isDone ? ':::done' : ''}`),
        ...arrows.map(({ from, to, label }) => `  ${from} -- "${label}" --> ${to}`),
        '  classDef done fill:#d9ead3',
      ].join('\n')
    case 'dot':
      return [
        `digraph ${JSON.stringify(plan.name)} {`,
        ...nodes.map(
          ({ number, id, kind, isDone }) =>
            `  ${number} [label=${JSON.stringify(`${id}\n${kind}`)}${isDone ? ', style=filled' : ''}]`,
        ),
        ...arrows.map(({ from, to, label }) => `  ${from} -> ${to} [label=${JSON.stringify(label)}]`),
        '}',
      ].join('\n')
  }
}
