/** The canonical form of values: keys sorted, no blanks, undefined left out. The single path to keys and lock text. */

/** JSON with the keys of every object in code unit order. Throws on a number that JSON cannot say. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(item => canonical(item)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    let fields = ''
    for (const name of Object.keys(value).sort()) {
      const field: unknown = Reflect.get(value, name)
      if (field !== undefined) fields += `${fields && ','}${JSON.stringify(name)}:${canonical(field)}`
    }
    return `{${fields}}`
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no canonical form`)
  return JSON.stringify(value)
}
