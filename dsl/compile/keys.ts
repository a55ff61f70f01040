/** Keys of stages: what a result depends on, and nothing else. */
import { hash } from 'node:crypto'
import { canonical } from '../values/canonical.ts'
import type { Input, Json, OutlinedExternal } from './plan.ts'

/** Hexadecimal SHA-256 of a text. */
export const sha256 = (text: string): string => hash('sha256', text)

/** The parts of a stage that its key is a digest of. */
export interface KeyParts {
  readonly kind: string
  readonly version: number
  readonly params: { readonly [name: string]: Json }
  /** If one has no digest, the result is no key, but still distinguishes stages. */
  readonly externals: readonly OutlinedExternal[]
  readonly inputs: { readonly [role: string]: Input }
}

/** The key of a stage; `keyOf` gives the keys of its inputs. Names of stages and paths of files do not change it. */
export function stageKey(
  { kind, version, params, externals, inputs }: KeyParts,
  keyOf: (stage: string) => string,
): string {
  const byRole = Object.entries(inputs).map(([role, { stage, split }]) => [role, { key: keyOf(stage), split }])
  return sha256(
    canonical({
      kind,
      version,
      params,
      externals: Object.fromEntries(externals.map(({ name, sha256 }) => [name, sha256 ?? null])),
      inputs: Object.fromEntries(byRole),
    }),
  )
}
