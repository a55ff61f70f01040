/** Sums of what each independent unit contributes to measures: a landmark, a scene, an image. */

/** Contributions of units. Measures are functions of their totals. */
export interface UnitSums {
  /** Names of the units, sorted. */
  readonly units: readonly string[]
  /** Number of sums of a unit. */
  readonly parts: number
  /** The first entry of each unit, and the end: [units + 1]. */
  readonly starts: Int32Array
  /** Part of each entry; parts of a unit without an entry are 0. */
  readonly indices: Int32Array
  readonly values: Float64Array
}

/** Collects contributions. */
export interface UnitCollector {
  /** Adds a value to a part of a unit. A unit that is named with 0 counts, too. */
  add(unit: string, part: number, value: number): void
  finish(): UnitSums
}

/** Starts to collect contributions to `parts` sums. */
export function collectUnits(parts: number): UnitCollector {
  const known = new Map<string, Map<number, number>>()
  return {
    add(unit, part, value) {
      const sums = known.get(unit) ?? new Map<number, number>()
      known.set(unit, sums)
      if (value !== 0) sums.set(part, (sums.get(part) ?? 0) + value)
    },
    finish() {
      const units = [...known.keys()].sort()
      return pack(units, { parts, of: unit => [...(known.get(unit) ?? [])] })
    },
  }
}

function pack(
  units: readonly string[],
  {
    parts,
    of,
  }: { readonly parts: number; readonly of: (unit: string) => readonly (readonly [part: number, value: number])[] },
): UnitSums {
  const starts = new Int32Array(units.length + 1)
  const entries = units.map((unit, at) => {
    const own = of(unit)
    starts[at + 1] = (starts[at] ?? 0) + own.length
    return own
  })
  const all = entries.flat()
  return {
    ...{ units, parts, starts },
    indices: Int32Array.from(all, ([part]) => part),
    values: Float64Array.from(all, ([, value]) => value),
  }
}

/** The totals of all units. */
export function totalsOf({ units, parts, indices, values }: UnitSums): Float64Array {
  const totals = new Float64Array(parts)
  if (units.length > 0)
    for (const [entry, part] of indices.entries()) totals[part] = (totals[part] ?? 0) + (values[entry] ?? 0)
  return totals
}

/** Adds the contributions of a unit, `times` over. */
export function addUnit(
  totals: Float64Array,
  { starts, indices, values }: UnitSums,
  { unit, times = 1 }: { readonly unit: number; readonly times?: number },
): void {
  const end = starts[unit + 1] ?? 0
  for (let entry = starts[unit] ?? 0; entry < end; entry++) {
    const part = indices[entry] ?? 0
    totals[part] = (totals[part] ?? 0) + times * (values[entry] ?? 0)
  }
}

/** The same contributions with units put together in order, so that at most so many are left. */
export function joinUnits(
  sums: UnitSums,
  { order, most }: { readonly order: readonly number[]; readonly most: number },
): UnitSums {
  const joined = collectUnits(sums.parts)
  order.forEach((unit, at) => {
    const name = `group ${String(at % most).padStart(6, '0')}`
    joined.add(name, 0, 0)
    for (let entry = sums.starts[unit] ?? 0; entry < (sums.starts[unit + 1] ?? 0); entry++)
      joined.add(name, sums.indices[entry] ?? 0, sums.values[entry] ?? 0)
  })
  return joined.finish()
}
