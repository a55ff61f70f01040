/** Quantities and their differences, spelled as recipes spell them. */

type Units = readonly (readonly [suffix: string, scale: number])[]

/** Units of each definition of the schema, largest first. */
const unitsByDefinition: { readonly [definition: string]: Units } = {
  Count: [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
    ['', 1],
  ],
  Distance: [
    ['km', 1000],
    ['m', 1],
  ],
  Duration: [
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ],
}

/** `12000` as a `Count` -> `12k`: the largest unit that takes at most one decimal. Other definitions: the number. */
export function printQuantity(value: number, definition?: string): string {
  const units = unitsByDefinition[definition ?? ''] ?? []
  const size = Math.abs(value)
  const fitting = units.find(([, scale]) => size >= scale && Number.isInteger(Math.round((size / scale) * 1e9) / 1e8))
  const [suffix, scale] = fitting ?? units.at(-1) ?? ['', 1]
  return `${tidy(value / scale)}${suffix}`
}

/**
 * The change of a number: `+12k, x1.33`; of a share `+0.05`; of another fraction the ratio alone, `x0.5`. Empty if
 * neither can be given.
 */
export function printDelta(before: number, after: number, definition?: string): string {
  const by = after - before
  const difference = `${by > 0 ? '+' : '-'}${printQuantity(Math.abs(by), definition)}`
  const ratio = before > 0 && after > 0 ? `x${tidy(after / before, 3)}` : undefined
  const isFraction = !(Number.isInteger(before) && Number.isInteger(after))
  if (definition === 'Share' || ratio === undefined) return difference
  if (isFraction && unitsByDefinition[definition ?? ''] === undefined) return ratio
  return `${difference}, ${ratio}`
}

/** Without the noise of binary fractions. */
const tidy = (value: number, digits = 10): string => String(Number(value.toPrecision(digits)))
