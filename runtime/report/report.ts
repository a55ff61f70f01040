/** The report of a run: one page that needs nothing but itself. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withoutParts } from '../../dsl/compile/fold_parts.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import { type JudgedClaim, judgeClaims, metricText, type Results, summariseClaims } from './claims.ts'
import { drawGraph } from './graph.ts'
import { html, type Markup, type MarkupPart, trusted } from './markup.ts'
import { formatMetric, formatSeconds } from './numbers.ts'
import { groupStages, showGroup } from './sections.ts'
import { style } from './style.ts'

/** Plan and results of a report. */
export interface ReportInput {
  readonly plan: Plan
  /** Results by stage; stages without one are shown as not run. */
  readonly results: Results
}

/** Writes `index.html` into the folder, which is made where it is missing, and returns its path. */
export async function writeReport({ folder, ...input }: ReportInput & { readonly folder: string }): Promise<string> {
  const path = join(folder, 'index.html')
  const page = await renderReport(input)
  await mkdir(folder, { recursive: true })
  await writeFile(path, page)
  return path
}

/** The whole page as text: the same input gives the same bytes. */
export async function renderReport({ plan: whole, results }: ReportInput): Promise<string> {
  const plan = withoutParts(whole)
  const groups = groupStages(plan)
  const anchors = new Map(groups.flatMap(({ anchor, stages }) => stages.map(({ id }) => [id, anchor])))
  const sections: Markup[] = []
  for (const group of groups) sections.push(await showGroup(group, results))
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
${trusted(mark)}<title>${plan.name}</title><style>${style}</style></head>
<body><main>
<header><p class="kicker">terroir report</p><h1>${plan.name}</h1>${plan.description && html`<p class="lead">${plan.description}</p>`}<p class="facts">${facts(plan, results)}</p></header>
${showClaims(judgeClaims(plan, results))}
<section id="plan"><p class="kicker">Plan</p><h2>Stages</h2><p class="note">Data flows downwards; inputs that a longer way implies are left out. A dashed stage has not run.</p><div class="scroll">${drawGraph(plan, results, stage => anchors.get(stage) ?? 'plan')}</div></section>
${sections}
<footer>Made by terroir from results in its store. Percentages are printed with two decimals.</footer>
</main></body></html>
`
  return page.markup
}

function facts({ stages, engine }: Plan, results: Results): string {
  const done = stages.filter(({ id }) => results.has(id))
  const seconds = done.reduce((sum, { id }) => sum + (results.get(id)?.manifest.seconds ?? 0), 0)
  const ran = done.length === stages.length ? `${stages.length} stages` : `${done.length} of ${stages.length} stages`
  return `${ran} · ${formatSeconds(seconds)} of computing · engine: ${engine}`
}

const tones = { held: 'good', 'not held': 'bad', 'not measured': 'neutral' } as const

function showClaims(claims: readonly JudgedClaim[]): MarkupPart {
  if (claims.length === 0) return ''
  return html`<section id="claims"><p class="kicker">Claims</p><h2>Expected and measured</h2><p class="verdict">${summariseClaims(claims)}</p>
<div class="scroll"><table class="claims"><thead><tr><th scope="col">Claim</th><th scope="col">Metric</th><th scope="col" class="number">Expected</th><th scope="col" class="number">Measured</th><th scope="col">Verdict</th><th scope="col">Origin</th></tr></thead>
<tbody>${claims.map(
    ({ claim, measured, verdict, expected }) =>
      html`<tr><td data-label="Claim">${claim.name}</td><td data-label="Metric"><code>${metricText(claim)}</code></td><td data-label="Expected" class="number">${expected}</td><td data-label="Measured" class="number">${measured === undefined ? '\u2013' : formatMetric(claim.metric, measured)}</td><td data-label="Verdict"><span class="tag ${tones[verdict]}">${verdict}</span></td><td data-label="Origin">${claim.origin}</td></tr>`,
  )}</tbody></table></div></section>`
}

const mark = '<meta name="generator" content="terroir">'

/** True if a page was made by {@link renderReport}: such a page may be replaced, any other is somebody's work. */
export const isReport = (page: string): boolean => page.includes(mark)
