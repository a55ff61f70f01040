/** Joins the variants of a matrix into one plan: stages of equal keys are one stage. */
import type { Variant } from './load.ts'
import { type Cell, cellLabel } from './matrix.ts'
import type { Input, OutlinedStage, PlannedClaim } from './plan.ts'

/** A stage with a key; if files are missing, a key that only distinguishes it from stages of other cells. */
export interface KeyedStage extends OutlinedStage {
  readonly key: string
}

/** The stages and claims of one cell of the matrix. */
export interface CompiledVariant {
  readonly variant: Variant
  readonly stages: readonly KeyedStage[]
  readonly claims: readonly PlannedClaim[]
}

/**
 * Names a stage after the axes that its key depends on: `clean` if on none, `pretrain.web@width=64` if on one. An added
 * axis that the key does not depend on leaves the name unchanged.
 */
export function joinVariants(compiled: readonly CompiledVariant[]): {
  readonly stages: readonly KeyedStage[]
  readonly claims: readonly PlannedClaim[]
} {
  const [only] = compiled
  if (only && compiled.length === 1) return { stages: only.stages, claims: only.claims }
  const names = stageNames(compiled)
  const stages = new Map<string, KeyedStage>()
  const claims = new Map<string, PlannedClaim>()
  for (const { stages: own, claims: ownClaims } of compiled) {
    const keys = new Map(own.map(({ id, key }) => [id, key]))
    const nameOf = (id: string): string => names.get(identity(id, keys.get(id) ?? '')) ?? id
    for (const stage of own) {
      const id = nameOf(stage.id)
      const part = stage.part && { part: { ...stage.part, of: nameOf(stage.part.of) } }
      if (!stages.has(id)) stages.set(id, { ...stage, id, inputs: renamed(stage.inputs, nameOf), ...part })
    }
    for (const claim of ownClaims) {
      const stage = nameOf(claim.stage)
      const over = claim.over && { ...claim.over, stage: nameOf(claim.over.stage) }
      const suffixes = [stage.slice(claim.stage.length), over?.stage.slice(claim.over?.stage.length) ?? '']
      const name = `${claim.name}${[...new Set(suffixes)].join('')}`
      claims.set(JSON.stringify([name, stage, over?.stage]), { ...claim, name, stage, ...(over && { over }) })
    }
  }
  return { stages: [...stages.values()], claims: [...claims.values()] }
}

function renamed(inputs: KeyedStage['inputs'], nameOf: (id: string) => string): KeyedStage['inputs'] {
  const entries = Object.entries(inputs).map(([role, input]): [string, Input] => [
    role,
    { ...input, stage: nameOf(input.stage) },
  ])
  return Object.fromEntries(entries)
}

const identity = (id: string, key: string): string => `${key} ${id}`

/** The name of each stage of each key. */
function stageNames(compiled: readonly CompiledVariant[]): ReadonlyMap<string, string> {
  const cellsById = new Map<string, { readonly cell: Cell; readonly key: string }[]>()
  for (const { variant, stages } of compiled)
    for (const { id, key } of stages) {
      const known = cellsById.get(id)
      if (known) known.push({ cell: variant.cell, key })
      else cellsById.set(id, [{ cell: variant.cell, key }])
    }
  const names = new Map<string, string>()
  for (const [id, cells] of cellsById) {
    const axes = new Set([...(cells[0]?.cell.keys() ?? [])].filter(axis => matters(axis, cells)))
    for (const { cell, key } of cells) {
      const label = cellLabel(cell, axis => axes.has(axis))
      if (!names.has(identity(id, key))) names.set(identity(id, key), label === '' ? id : `${id}@${label}`)
    }
  }
  return names
}

/** True if two cells that differ in this axis alone have different keys. */
function matters(axis: string, cells: readonly { readonly cell: Cell; readonly key: string }[]): boolean {
  const keyOfRest = new Map<string, string>()
  return cells.some(({ cell, key }) => {
    const rest = cellLabel(cell, other => other !== axis)
    const before = keyOfRest.get(rest)
    keyOfRest.set(rest, before ?? key)
    return before !== undefined && before !== key
  })
}
