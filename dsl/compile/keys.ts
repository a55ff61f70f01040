/** Keys of stages: what a result depends on, and nothing else. */
import { hash } from 'node:crypto'
import { canonical } from '../values/canonical.ts'
import type { Input, Json, OutlinedExternal } from './plan.ts'

/** Hexadecimal SHA-256 of a text. */
export const sha256 = (text: string): string => hash('sha256', text)

/**
 * The way in which keys are made of stages, raised when all of them change. Since 2 a key knows a file by its role and
 * content alone; in 1 it knew its path.
 */
export const keyScheme = 2

/** The parts of a stage that its key is a digest of. */
export interface KeyParts {
  readonly kind: string
  readonly version: number
  readonly params: { readonly [name: string]: Json }
  /** If one has no digest, the result is no key, but still distinguishes stages. */
  readonly externals: readonly OutlinedExternal[]
  readonly inputs: { readonly [role: string]: Input }
}

/**
 * The key of a stage; `keyOf` gives the keys of its inputs. Names of stages and paths of files do not change it, but for
 * files that are not here, of which nothing else is known.
 */
export function stageKey(
  { kind, version, params, externals, inputs }: KeyParts,
  keyOf: (stage: string) => string,
): string {
  const byRole = Object.entries(inputs).map(([role, { stage, split }]) => [role, { key: keyOf(stage), split }])
  return sha256(
    canonical({
      scheme: keyScheme,
      kind,
      version,
      params,
      files: Object.fromEntries(externals.map(({ role, name, sha256 }) => [role, sha256 ?? { missing: name }])),
      inputs: Object.fromEntries(byRole),
    }),
  )
}
