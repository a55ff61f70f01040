import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { bootstrap } from '../../runtime/evaluate/bootstrap.ts'
import { rankClasses, scoreAnswers } from '../../runtime/evaluate/classification.ts'
import { intervalsOf } from '../../runtime/evaluate/confidence.ts'
import { collectDecisions } from '../../runtime/evaluate/filter_intervals.ts'
import { classificationContributions, retrievalContributions } from '../../runtime/evaluate/intervals.ts'
import { localisation, localisationChance } from '../../runtime/evaluate/localisation.ts'
import { localisationContributions } from '../../runtime/evaluate/localisation_intervals.ts'
import { readResamples, writeResamples } from '../../runtime/evaluate/resample_table.ts'
import { byRecall, recallsOf, retrieval } from '../../runtime/evaluate/retrieval.ts'
import { tieRules } from '../../runtime/evaluate/ties.ts'
import { totalsOf } from '../../runtime/evaluate/unit_sums.ts'
import { ownersOf } from './oracle.ts'

const near = (actual: number | undefined, expected: number, most = 1e-9): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < most, `${actual}, not ${expected}`)

const random = createRandom(5, 'intervals')
const corners = (rows: number) => Float32Array.from({ length: 4 * rows }, () => random.pick([-1, 1]))

test('measures of the totals of units are the metrics', async () => {
  const owner = ownersOf(Array.from({ length: 30 }, () => 1 + random.below(4)))
  const ranks = await retrieval({ images: corners(30), texts: corners(owner.length), owner, dim: 4 }, { threads: 1 })
  const units = Array.from({ length: 30 }, (_, image) => `landmark ${image % 7}`)
  for (const ties of tieRules) {
    const { sums, measures, most } = retrievalContributions(ranks, { owner, ties, units, chance: byRecall([], 4) })
    assert.is(sums.units.length, 7)
    const found = measures(totalsOf(sums))
    const recalls = recallsOf(ranks, ties)
    for (const [name, value] of Object.entries(recalls)) near(found[name], value, 0.01)
    near(found.i2t_r1_times_chance, recalls.i2t_r1 / 4, 0.01)
    assert.is(most.mean_recall_times_chance, 25)
  }
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const labels = Int32Array.from({ length: 40 }, () => random.below(6))
  const answers = rankClasses(
    Float64Array.from({ length: 240 }, () => random.below(4)),
    { labels, names },
  )
  const { metrics } = scoreAnswers(answers, { names, ties: 'expected' })
  const given = classificationContributions(answers, { ties: 'expected', units: [...labels.keys()].map(String) })
  const found = given.measures(totalsOf(given.sums))
  for (const name of ['top1', 'top5', 'mean_class_recall'] as const) near(found[name], metrics[name] ?? 0, 0.01)
  near(found.top1_times_chance, metrics.top1 / (100 / 6), 0.01)
})

test('an image counts with all its captions', async () => {
  // One image has three captions that are found, the other one that is not: draws hold 0, 3 / 4 or all of them.
  const images = Float32Array.of(1, 0, 0, 1)
  const texts = Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0)
  const owner = Int32Array.of(0, 0, 0, 1)
  const ranks = await retrieval({ images, texts, owner, dim: 2 }, { threads: 1 })
  const { sums, measures } = retrievalContributions(ranks, {
    ...{ owner, ties: 'against', units: ['a', 'b'], chance: byRecall([], 1) },
  })
  const { measures: found } = bootstrap(sums, measures, { draws: 200 })
  assert.equal(new Set(found.get('t2i_r1')?.draws), new Set([0, 75, 100]))
})

test('measures of localisation come from sums, and average precision from steps of scores', () => {
  const shape = { images: 12, rows: 4, columns: 4, size: 8 }
  const scores = Float32Array.from({ length: 12 * 16 }, () => random.between(-1, 1))
  const masks = Uint8Array.from({ length: 12 * 64 }, (_, at) => (at < 64 ? 0 : random.chance(0.4) ? 1 : 0))
  const concept = { name: 'water', scores, masks }
  const found = localisation([concept, { ...concept, name: 'sand', masks: masks.map(value => 1 - value) }], shape)
  const baseline = localisation([concept, { ...concept, name: 'sand' }], shape)
  const units = Array.from({ length: 12 }, (_, image) => `scene ${image >> 1}`)
  const { sums, measures } = localisationContributions({ scores: found, baseline, units, ties: 'expected' })
  const totals = measures(totalsOf(sums))
  for (const [name, value] of Object.entries(found.metrics)) near(totals[name], value, 0.0051)
  near(totals.chance_mean_iou, localisationChance(found.concepts).mean_iou ?? 0, 0.0051)
  near(totals.mean_mask_mean_iou, baseline.metrics.mean_iou ?? 0, 0.0051)
  near(totals.mean_iou_over_mean_mask, (found.metrics.mean_iou ?? 0) - (baseline.metrics.mean_iou ?? 0), 0.011)
  const intervals = intervalsOf(bootstrap(sums, measures, { draws: 300 }))
  for (const name of Object.keys(found.metrics)) {
    const { low = 1, high = 0 } = intervals[name] ?? {}
    assert.ok(low <= (totals[name] ?? 0) && high >= (totals[name] ?? 0), name)
  }
})

test('decisions of a filter give precision, recall, F1 and accuracy', () => {
  const decisions = collectDecisions()
  const add = (count: number, kept: boolean, wanted: boolean) => {
    for (let sample = 0; sample < count; sample++) decisions.add(`${kept} ${wanted} ${sample}`, { kept, wanted })
  }
  add(8, true, true)
  add(2, true, false)
  add(4, false, true)
  add(6, false, false)
  const { sums, measures } = decisions.finish()
  assert.equal(measures(totalsOf(sums)), { precision: 0.8, recall: 8 / 12, f1: 16 / 22, accuracy: 0.7 })
})

test('resamples are read as they were written', async () => {
  const decisions = collectDecisions()
  for (let sample = 0; sample < 30; sample++)
    decisions.add(`scene ${sample % 9}`, { kept: sample % 3 > 0, wanted: sample % 2 > 0 })
  const { sums, measures } = decisions.finish()
  const resamples = bootstrap(sums, measures, { draws: 50 })
  const file = join(mkdtempSync(join(tmpdir(), 'resamples-')), 'resamples.parquet')
  writeResamples(file, resamples)
  const read = await readResamples(file, ['f1', 'recall'])
  assert.equal(read.units, resamples.units)
  for (const name of ['f1', 'recall']) assert.equal(read.measures.get(name), resamples.measures.get(name), name)
})

test.run()
