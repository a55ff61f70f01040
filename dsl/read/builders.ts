/** The functions of `dsl/mod.ts`, as the reader of TypeScript recipes understands them. */
import { kindBuilders } from './kind_builders.ts'

/** The thing that a call makes: an entry of a section, a mapping with a `kind`, a mix of datasets, what is given, a parameter. */
export type Role = 'dataset' | 'architecture' | 'trained' | 'evaluation' | 'part' | 'mix' | 'same' | 'parameter'

/** A builder: what it makes, and the `kind` that it adds. */
export interface Builder {
  readonly role: Role
  readonly kind?: string
}

/** `linear-probe` -> `linearProbe`: kinds are no identifiers where they have two words. */
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
