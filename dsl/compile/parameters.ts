/** Inserts parameters: `${params.NAME}` as a whole scalar keeps the parameter's type, within a text it becomes text. */
import { undecided } from '../check/decide.ts'
import { type Diagnostic, diagnose } from '../diagnostics/diagnostic.ts'
import { suggest } from '../diagnostics/suggest.ts'
import type {
  Ambiguity,
  Located,
  LocatedEntry,
  LocatedList,
  LocatedMap,
  LocatedScalar,
  Scalar,
} from '../values/located.ts'

/** A parameter's value: as `params` gives it, or as a cell of the matrix does. */
export type Parameters = ReadonlyMap<string, LocatedScalar>

/** The recipe with its parameters inserted. */
export interface Substituted {
  readonly value: LocatedMap
  readonly diagnostics: readonly Diagnostic[]
  /** Names that were used. */
  readonly used: ReadonlySet<string>
}

/** Scalars of the `params` section; other values fail the schema. */
export function declaredParameters(recipe: LocatedMap): Parameters {
  const params = recipe.entries.get('params')?.value
  const found = new Map<string, LocatedScalar>()
  if (params?.kind === 'map')
    for (const [name, { value }] of params.entries) if (value.kind === 'scalar') found.set(name, value)
  return found
}

/** Characters that a text may have with its parameters. */
const longestText = 100_000

/**
 * Inserts everywhere but in `params` and `matrix` themselves. Nodes without a parameter are added to `fixed` and skipped
 * if they are in it: the variants of a recipe share one set.
 */
export function substitute(recipe: LocatedMap, parameters: Parameters, fixed = new Set<Located>()): Substituted {
  const diagnostics: Diagnostic[] = []
  const used = new Set<string>()

  function inText(node: LocatedScalar): LocatedScalar {
    if (typeof node.value !== 'string' || !node.value.includes('${')) return node
    let origin = node.origin
    const insert = (name: string): Scalar => {
      const parameter = parameters.get(name)
      if (parameter === undefined) diagnostics.push(unknownParameter(node, name, parameters))
      used.add(name)
      origin = parameter ?? origin
      return parameter?.value ?? ''
    }
    const whole = /^\$\{params\.([^{}]*)\}$/.exec(node.value)?.[1]
    if (whole !== undefined) {
      const value = insert(whole)
      const { ambiguity } = parameters.get(whole) ?? {}
      return { kind: 'scalar', value, span: node.span, ...(origin && { origin }), ...(ambiguity && { ambiguity }) }
    }
    let remaining = longestText - node.value.length
    const value = node.value.replaceAll(/\$\{([^{}]*)\}?/g, (written, content: string) => {
      if (content.startsWith('params.') && written.endsWith('}')) {
        const inserted = String(insert(content.slice('params.'.length)))
        if (origin?.ambiguity) diagnostics.push(undecided(origin, textSpellings(origin.ambiguity)))
        remaining -= inserted.length
        return remaining < 0 ? '' : inserted
      }
      diagnostics.push(badSubstitution(node, written))
      return ''
    })
    if (remaining < 0)
      diagnostics.push(
        diagnose('bad-substitution', node.span, {
          message: `With its parameters this text is longer than ${longestText}`,
        }),
      )
    return { kind: 'scalar', value, span: node.span, ...(origin && { origin }) }
  }

  /** Unchanged nodes stay the same objects, so that large recipes cost little. */
  function inNode(node: Located): Located {
    if (node.kind === 'scalar') return inText(node)
    if (fixed.has(node)) return node
    const inserted = inParts(node)
    // A failed insertion also makes a new node.
    if (inserted === node) fixed.add(node)
    return inserted
  }

  function inParts(node: LocatedMap | LocatedList): Located {
    if (node.kind === 'list') {
      const items = node.items.map(inNode)
      return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
    }
    return inMap(node, () => true)
  }

  function inMap(node: LocatedMap, isOpen: (name: string) => boolean): LocatedMap {
    let changed: Map<string, LocatedEntry> | undefined
    for (const [name, { key, value }] of node.entries) {
      const inserted = isOpen(name) ? inNode(value) : value
      if (inserted === value) continue
      changed ??= new Map(node.entries)
      changed.set(name, { key, value: inserted })
    }
    return changed ? { ...node, entries: changed } : node
  }

  return { value: inMap(recipe, name => name !== 'params' && name !== 'matrix'), diagnostics, used }
}

/** The spellings that make a text of each reading. */
const textSpellings = ({ readings }: Ambiguity): readonly string[] =>
  readings.map(({ spelling }) => (spelling.startsWith("'") ? spelling : `'${spelling}'`))

function unknownParameter({ span }: LocatedScalar, name: string, parameters: Parameters): Diagnostic {
  const near = suggest(name, parameters.keys())
  const names = [...parameters.keys()]
  return diagnose('unknown-parameter', span, {
    message: `The recipe has no parameter '${name}'`,
    fix: {
      hint: near
        ? `write '\${params.${near}}'`
        : names.length > 0
          ? `parameters are ${names.join(', ')}`
          : `add 'params:' with '${name}:'`,
    },
  })
}

function badSubstitution({ span }: LocatedScalar, written: string): Diagnostic {
  const name = /^\$\{(?:param\.)?([a-z0-9_-]*)/.exec(written)?.[1]
  return diagnose('bad-substitution', span, {
    message: `'${written}' inserts nothing; parameters are inserted as '\${params.NAME}'`,
    ...(name ? { fix: { hint: `write '\${params.${name}}'` } } : {}),
  })
}
