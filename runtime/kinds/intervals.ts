/** Confidence intervals of a stage's metrics, kept with what they are made of. */
import { join } from 'node:path'
import type { Intervals } from '../../dsl/values/interval.ts'
import type { Sample } from '../data/sample.ts'
import { bootstrap } from '../evaluate/bootstrap.ts'
import { intervalsOf } from '../evaluate/confidence.ts'
import type { Contributions } from '../evaluate/intervals.ts'
import { resampleFile, writeResamples } from '../evaluate/resample_table.ts'

/** The independent unit of a sample: its landmark or scene, else itself. */
export const unitOf = ({ group, key }: Pick<Sample, 'group' | 'key'>): string => group || key

/** Intervals of metrics, and the number of units that they are over. */
export interface RecordedIntervals {
  readonly intervals: Intervals
  readonly units: number
}

/** Bootstraps measures over their units, and writes the resamples, of which differences are made. */
export function recordIntervals(out: string, { sums, measures, most }: Contributions): RecordedIntervals {
  const resamples = bootstrap(sums, measures)
  writeResamples(join(out, resampleFile), resamples)
  return { intervals: intervalsOf(resamples, { most }), units: sums.units.length }
}
