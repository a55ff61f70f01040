/** Sections of the report: the stages of one entry of the recipe. */
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { isExhibit } from '../kinds/exhibit.ts'
import type { Manifest } from '../store/manifest.ts'
import type { Results } from './claims.ts'
import { showExhibit } from './exhibit_view.ts'
import { html, type Markup, type MarkupPart } from './markup.ts'
import { formatMetric, formatSeconds } from './numbers.ts'

/** The stages that come from one entry of the recipe, in plan order. */
export interface Group {
  /** Name inside the page's address. */
  readonly anchor: string
  readonly section: string
  readonly entry: string
  readonly stages: readonly Stage[]
}

/** Groups stages by entry; groups stand where their first stage stands in the plan. */
export function groupStages({ stages }: Plan): readonly Group[] {
  const groups = new Map<string, Stage[]>()
  for (const stage of stages) {
    const anchor = stage.path.slice(0, 2).join('.')
    groups.set(anchor, [...(groups.get(anchor) ?? []), stage])
  }
  return [...groups].map(([anchor, members]) => {
    const [section = '', entry = ''] = members[0]?.path ?? []
    return { anchor, section, entry: entry || section, stages: members }
  })
}

const sectionTitles: { readonly [section: string]: string } = {
  sources: 'Source',
  filters: 'Filter',
  models: 'Model',
  train: 'Training',
  distill: 'Self-distillation',
  evaluate: 'Evaluation',
}

/** Shows a group: what its stages say, measured and exhibit. */
export async function showGroup({ anchor, section, entry, stages }: Group, results: Results): Promise<Markup> {
  const parts: Markup[] = []
  for (const stage of stages)
    parts.push(await showStage(stage, { results, titled: stages.length > 1 || stage.id !== entry }))
  return html`<section id="${anchor}"><p class="kicker">${sectionTitles[section] ?? section}</p><h2>${entry}</h2>${parts}</section>`
}

async function showStage(
  { id }: Stage,
  { results, titled }: { readonly results: Results; readonly titled: boolean },
): Promise<Markup> {
  const title: MarkupPart = titled && html`<h3>${id}</h3>`
  const result = results.get(id)
  if (result === undefined) return html`${title}<p class="missing">Not run yet: the store holds no result.</p>`
  const { manifest, folder } = result
  const exhibits: Markup[] = []
  for (const exhibit of manifest.exhibits.filter(isExhibit)) exhibits.push(await showExhibit(exhibit, folder))
  return html`${title}<p>${manifest.summary} <span class="seconds">${formatSeconds(manifest.seconds)}</span></p>
${showMetrics(manifest)}${exhibits.length > 0 && html`<div class="exhibits">${exhibits}</div>`}${showWarnings(manifest)}`
}

function showMetrics({ metrics }: Manifest): MarkupPart {
  const entries = Object.entries(metrics)
  if (entries.length === 0) return ''
  return html`<dl>${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${formatMetric(name, value)}</dd></div>`)}</dl>`
}

/** Warnings beyond these are only counted. */
const WARNINGS_SHOWN = 20

function showWarnings({ warnings }: Manifest): MarkupPart {
  if (warnings.length === 0) return ''
  const more = warnings.length - WARNINGS_SHOWN
  return html`<details><summary>${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'}</summary><ul>${warnings
    .slice(0, WARNINGS_SHOWN)
    .map(warning => html`<li>${warning}</li>`)}${more > 0 && html`<li>and ${more} more</li>`}</ul></details>`
}
