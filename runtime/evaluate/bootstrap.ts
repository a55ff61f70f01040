/** The bootstrap over independent units: measures of units that are drawn with replacement (docs/protocol.md). */
import { createRandom } from '../data/random.ts'
import { addUnit, joinUnits, totalsOf, type UnitSums } from './unit_sums.ts'

/** Measures of totals, by name; those that are not defined are absent or not finite. */
export type Measures = (totals: Float64Array) => { readonly [name: string]: number | undefined }

/** The values of one measure. */
export interface Resampled {
  /** Over all units. */
  readonly estimate: number
  /** Over each draw of units. Not finite: undefined there. */
  readonly draws: Float64Array
  /** Over all units but one: [units]. */
  readonly without: Float64Array
}

/** Measures over draws of units. The same units give the same draws, whatever is measured, so that differences are paired. */
export interface Resamples {
  /** Names of the units, sorted. */
  readonly units: readonly string[]
  readonly measures: ReadonlyMap<string, Resampled>
}

/** Options of the bootstrap. */
export interface BootstrapOptions {
  /** @default 2000 */
  readonly draws?: number
  /** More units than these are put together at random, into so many groups of them. @default 10000 */
  readonly mostUnits?: number
}

/** Draws as many units as there are, many times over, and leaves each of them out once. */
export function bootstrap(
  contributions: UnitSums,
  measures: Measures,
  { draws = 2000, mostUnits = 10_000 }: BootstrapOptions = {},
): Resamples {
  const sums = atMost(contributions, mostUnits)
  const units = sums.units.length
  const random = createRandom(0, 'bootstrap')
  const all = totalsOf(sums)
  const defined = Object.entries(measures(all)).filter(([, value]) => Number.isFinite(value))
  const found = defined.map(([name, estimate = Number.NaN]) => ({
    name,
    values: { estimate, draws: new Float64Array(draws), without: new Float64Array(units) },
  }))
  const totals = new Float64Array(sums.parts)
  const store = (into: 'draws' | 'without', at: number): void => {
    const values = measures(totals)
    for (const one of found) one.values[into][at] = values[one.name] ?? Number.NaN
  }
  for (let draw = 0; draw < draws; draw++) {
    totals.fill(0)
    for (let unit = 0; unit < units; unit++) addUnit(totals, sums, { unit: random.below(units) })
    store('draws', draw)
  }
  for (let unit = 0; unit < units; unit++) {
    totals.set(all)
    addUnit(totals, sums, { unit, times: -1 })
    store('without', unit)
  }
  return { units: sums.units, measures: new Map(found.map(({ name, values }) => [name, values])) }
}

function atMost(sums: UnitSums, most: number): UnitSums {
  if (sums.units.length <= most) return sums
  const order = createRandom(0, 'groups of units').shuffle([...sums.units.keys()])
  return joinUnits(sums, { order, most })
}
