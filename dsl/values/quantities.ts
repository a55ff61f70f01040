/** Quantities and their differences, spelled as recipes spell them. */

/** Units of each quantity, by its definition in the schema, largest first. */
const unitsOf = {
  Bytes: [
    ['TiB', 2 ** 40],
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
  ],
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
} as const

/** A definition of the schema that is a quantity with units. */
export type Quantity = keyof typeof unitsOf

/** True if a definition of the schema is a quantity with units. */
export const isQuantity = (definition: string | undefined): definition is Quantity =>
  definition !== undefined && Object.hasOwn(unitsOf, definition)

/**
 * `1.5M` as a `Count` -> 1500000, `800km` -> 800000, `5m` as a `Duration` -> 300, `80GiB` -> 85899345920: in metres,
 * seconds and bytes; counts and bytes are whole. The spelling is valid.
 */
export function parseQuantity(text: string, definition: Quantity): number {
  const [, digits, suffix = ''] = /^([0-9.]+)([a-zA-Z]*)$/.exec(text) ?? []
  const [, scale = Number.NaN] = unitsOf[definition].find(([unit]) => unit === suffix) ?? []
  const value = Number(digits) * scale
  return definition === 'Count' || definition === 'Bytes' ? Math.round(value) : value
}

/** `12000` as a `Count` -> `12k`: the largest unit that takes at most one decimal. Bytes and other definitions: the number. */
export function printQuantity(value: number, definition?: string): string {
  const units = printedUnits(definition) ?? []
  const size = Math.abs(value)
  const fitting = units.find(([, scale]) => size >= scale && Number.isInteger(Math.round((size / scale) * 1e9) / 1e8))
  const [suffix, scale] = fitting ?? units.at(-1) ?? ['', 1]
  return `${tidy(value / scale)}${suffix}`
}

const printedUnits = (definition: string | undefined) =>
  isQuantity(definition) && definition !== 'Bytes' ? unitsOf[definition] : undefined

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
  if (isFraction && printedUnits(definition) === undefined) return ratio
  return `${difference}, ${ratio}`
}

/** Without the noise of binary fractions. */
const tidy = (value: number, digits = 10): string => String(Number(value.toPrecision(digits)))
