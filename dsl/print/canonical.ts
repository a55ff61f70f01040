/** The canonical form of values: keys sorted, no blanks, undefined left out. The single path to keys and lock text. */

/** JSON with the keys of every object in code unit order. Throws on a number that JSON cannot say. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    let fields = ''
    for (const [name, field] of Object.entries(value).sort(byName))
      if (field !== undefined) fields += `${fields && ','}${JSON.stringify(name)}:${canonical(field)}`
    return `{${fields}}`
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no canonical form`)
  return JSON.stringify(value)
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)
