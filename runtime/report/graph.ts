/** The plan as a picture: stages in layers, what has run and how long it took. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import type { Results } from './claims.ts'
import { type LayeredLayout, layOut, reduceEdges } from './layers.ts'
import { html, type Markup } from './markup.ts'
import { formatSeconds } from './numbers.ts'

const NODE_HEIGHT = 38
const ROW_HEIGHT = 62
const MARGIN = 4

/** Draws the stages; each links to the anchor that `anchorOf` gives for it. */
export function drawGraph(plan: Plan, results: Results, anchorOf: (stage: string) => string): Markup {
  const nodes = plan.stages.map(stage => ({
    id: stage.id,
    width: Math.ceil(20 + Math.max(7 * stage.id.length, 5.9 * stateOf(stage, results).length)),
  }))
  const edges = plan.stages.flatMap(({ id, inputs }) =>
    [...new Set(Object.values(inputs).map(input => input.stage))].map(from => [from, id] as const),
  )
  const layout = layOut(reduceEdges({ nodes, edges }))
  const width = layout.width + 2 * MARGIN
  const height = (layout.rows - 1) * ROW_HEIGHT + NODE_HEIGHT + 2 * MARGIN
  return html`<svg class="graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${describe(plan, results)}">
${layout.edges.map(points => html`<path class="edge" d="${route(points)}"/>`)}
${plan.stages.map(stage => {
  const spot = layout.nodes.get(stage.id)
  const half = (nodes.find(({ id }) => id === stage.id)?.width ?? 0) / 2
  if (!spot) return ''
  return html`<a href="#${anchorOf(stage.id)}"><g class="node${!results.has(stage.id) && ' absent'}" transform="translate(${spot.x + MARGIN} ${spot.row * ROW_HEIGHT + MARGIN})">
<rect x="${-half}" width="${2 * half}" height="${NODE_HEIGHT}" rx="5"/>
<text class="id" y="16">${stage.id}</text><text class="state" y="30">${stateOf(stage, results)}</text></g></a>`
})}
</svg>`
}

function stateOf({ id, kind }: Stage, results: Results): string {
  const result = results.get(id)
  return `${kind} · ${result === undefined ? 'not run' : formatSeconds(result.manifest.seconds)}`
}

/** From the bottom of a node to the top of another, straight down at every row. */
function route(points: LayeredLayout['edges'][number]): string {
  return points
    .map(({ x, row }, index) => {
      const top = row * ROW_HEIGHT + MARGIN
      const centre = x + MARGIN
      if (index === 0) return `M${centre} ${top + NODE_HEIGHT}`
      const before = (points[index - 1]?.x ?? x) + MARGIN
      const middle = top - (ROW_HEIGHT - NODE_HEIGHT) / 2
      const passing = index < points.length - 1 ? `V${top + NODE_HEIGHT}` : ''
      return `C${before} ${middle} ${centre} ${middle} ${centre} ${top}${passing}`
    })
    .join('')
}

function describe({ stages }: Plan, results: Results): string {
  const missing = stages.filter(({ id }) => !results.has(id)).map(({ id }) => id)
  const state = missing.length === 0 ? 'all have run' : `not run: ${missing.join(', ')}`
  return `Graph of ${stages.length} stages from ${stages[0]?.id ?? 'nothing'} to ${stages.at(-1)?.id ?? 'nothing'}; ${state}.`
}
