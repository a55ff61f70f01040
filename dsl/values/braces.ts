/** Ranges and choices in braces, as names of shards are written: `{000000..000004}.tar`, `{train,val}.tar`. */

/** Number of files that one spelling may stand for at most. */
const mostPaths = 100_000

/** The paths that a spelling stands for, in order, or its fault. */
export type Expansion = { readonly paths: readonly string[] } | { readonly fault: string }

/** Expands every brace of a path. A range keeps the width of its first number: `{08..10}` is `08`, `09`, `10`. */
export function expandBraces(path: string): Expansion {
  let paths: readonly string[] = ['']
  for (const part of path.split(/(\{[^{}]*\})/)) {
    const choices = part.startsWith('{') && part.endsWith('}') ? choicesOf(part.slice(1, -1)) : [part]
    if (choices === undefined)
      return {
        fault: `'${part}' is neither a rising range such as '{000000..000004}' nor choices such as '{train,val}'`,
      }
    if (part.length > 0 && choices.length === 1 && /[{}]/.test(choices[0] ?? ''))
      return { fault: `'${path}' has a brace without its other half` }
    if (paths.length * choices.length > mostPaths)
      return { fault: `'${path}' stands for more than ${mostPaths.toLocaleString('en')} files` }
    paths = paths.flatMap(start => choices.map(choice => start + choice))
  }
  return { paths }
}

/** The paths of one spelling or of a list of them; faulty ones, which a check reports, give none. */
export const expandPaths = (paths: string | readonly string[]): readonly string[] =>
  [paths].flat().flatMap(path => {
    const expansion = expandBraces(path)
    return 'paths' in expansion ? expansion.paths : []
  })

/** The tar that img2dataset writes beside a table: `00000.parquet` has `00000.tar`. */
export const tarBeside = (table: string): string => `${table.replace(/\.parquet$/, '')}.tar`

/** The choices between two braces; undefined if the text is neither a range nor a list. */
function choicesOf(inner: string): readonly string[] | undefined {
  const [, from, to] = /^([0-9]+)\.\.([0-9]+)$/.exec(inner) ?? []
  if (from === undefined || to === undefined) return inner.includes(',') ? inner.split(',') : undefined
  const [first, last] = [Number(from), Number(to)]
  if (last < first) return undefined
  // One more than the maximum, so that the caller reports it.
  const count = Math.min(last - first + 1, mostPaths + 1)
  return Array.from({ length: count }, (_, i) => String(first + i).padStart(from.length, '0'))
}
