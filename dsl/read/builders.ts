/** The functions of `dsl/mod.ts`, as the reader of TypeScript recipes understands them. */
import { kindBuilders } from './kind_builders.ts'

/** The result of a call: an entry of a section, a mapping with a `kind`, a mix of datasets, its argument, a parameter. */
export type Role = 'dataset' | 'architecture' | 'trained' | 'evaluation' | 'part' | 'mix' | 'same' | 'parameter'

/** A builder: the role of its result, and the `kind` that it adds. */
export interface Builder {
  readonly role: Role
  readonly kind?: string
}

/** `linear-probe` -> `linearProbe`: a kind of two words is no identifier. */
export const builderName = (kind: string): string =>
  kind.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Builders by the name under which `dsl/mod.ts` exports them. */
export const builders: ReadonlyMap<string, Builder> = new Map<string, Builder>([
  ...kindBuilders,
  ['train', { role: 'trained' }],
  ['distill', { role: 'trained' }],
  ['mix', { role: 'mix' }],
  ['recipe', { role: 'same' }],
  ['extend', { role: 'same' }],
  ['param', { role: 'parameter' }],
])
