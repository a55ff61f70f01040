/** Stage `crawl`: a synthetic stand-in for a web crawl, drawn by a program and labelled by construction. */

import { openWorld } from '../../data/crawl/world.ts'
import { makeCrawl } from '../../data/crawl.ts'
import { createDataset } from '../../data/dataset.ts'
import type { SampleFiles } from '../../data/sample.ts'
import type { StageContext, StageResult } from '../context.ts'
import { createFigures, type FigureOf } from '../figures.ts'

const shownOfEachKind = 3

/**
 * Makes the crawl and writes it as a dataset without splits.
 *
 * Metrics: `samples`, `overhead` (how many are overhead views), `copies` (how many repeat an earlier image).
 */
export async function run({ params, files, out, report, signal }: StageContext<'crawl'>): Promise<StageResult> {
  const samples = params.samples
  const world = await openWorld(files)
  const crawl = makeCrawl(world, {
    samples,
    overhead: params.overhead,
    wrongText: params.wrong_text,
    tileSize: params.tile_size,
    seed: params.seed,
  })
  const dataset = await createDataset(out)
  const kinds = new Map<string, SampleFiles[]>()
  const counts = new Map<string, number>()
  const totals = { made: 0, overhead: 0, copies: 0 }
  for await (const sample of crawl) {
    signal.throwIfAborted()
    await dataset.add(sample)
    const kind = String(sample.facts.made)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    const shown = kinds.get(kind) ?? []
    kinds.set(kind, shown)
    if (shown.length < shownOfEachKind) shown.push(sample)
    totals.made += 1
    totals.overhead += sample.overhead === true ? 1 : 0
    totals.copies += sample.facts.copy_of === undefined ? 0 : 1
    if (totals.made % 50 === 0) report.progress({ done: totals.made, total: samples, unit: 'samples' })
  }
  await dataset.close()
  const shown = [...kinds.values()].flat().map(sample => ({ sample, figure: figureOf(sample) }))
  return {
    metrics: { samples: totals.made, overhead: totals.overhead, copies: totals.copies },
    summary: `${totals.made.toLocaleString('en')} synthetic stand-ins for web pairs, ${totals.overhead.toLocaleString('en')} of them overhead views by construction`,
    exhibits: [
      { kind: 'figures', title: 'Synthetic stand-in for a web crawl', items: await createFigures(out, shown) },
      {
        kind: 'table',
        title: 'Synthetic samples by what they show',
        note: 'Only views are overhead photographs at landscape scale; a globe shows the whole planet from afar.',
        columns: ['Shows', 'Images'],
        rows: [...counts].sort((a, b) => b[1] - a[1]),
      },
    ],
  }
}

const figureOf = ({ overhead, captions, facts }: SampleFiles): FigureOf => ({
  lines: [...captions, `${facts.made}, ${facts.text} text`],
  tag: overhead === true ? { text: 'overhead', tone: 'good' } : { text: 'other', tone: 'bad' },
})
