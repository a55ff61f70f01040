/** Stages before they have keys. */
import type { Estimates } from '../cost/estimates.ts'
import type { JsonRecord } from '../values/json.ts'
import type { Input, StageDefinition, StageSpec } from './stage.ts'

/** A stage without its key. */
export interface Draft {
  readonly id: string
  readonly definition: StageDefinition
  readonly params: JsonRecord
  /** Settings of how it is computed: they change nothing of the result but rounding, and no key. */
  readonly settings: JsonRecord
  readonly inputs: { readonly [role: string]: Input }
  /** Files and folders by role, relative to the recipe's folder. */
  readonly files: { readonly [role: string]: string | readonly string[] }
  /** Files of npm packages by role. */
  readonly packages: { readonly [role: string]: string }
  /** The section and entry of the recipe that it comes from. */
  readonly path: readonly string[]
  readonly estimates: () => Estimates | undefined
  /** Set where it makes a part of another stage's result. */
  readonly part?: DraftPart
}

/** The place of a stage among those that each make a part of one result. */
export interface DraftPart {
  /** Identity of the stage that joins the parts. */
  readonly of: string
  /** From 0. */
  readonly index: number
  readonly count: number
}

/** The context of an entry: everything else that its stages depend on. */
export interface Expanding {
  readonly seed: number
}

/** An input, of one split where one is named. */
export const input = (stage: string, split?: string): Input => (split === undefined ? { stage } : { stage, split })

/** The draft of a stage; `args` are those of the definition's `spec`. */
export function draft<Args extends readonly unknown[]>(
  definition: StageDefinition<string, Args>,
  { id, path }: Pick<Draft, 'id' | 'path'>,
  ...args: Args
): Draft {
  const { params, settings = {}, inputs = {}, files = {}, packages = {} } = definition.spec(...args)
  return {
    id,
    definition,
    params,
    settings,
    inputs: numbered(inputs),
    files: present(files),
    packages: present(packages),
    path,
    estimates: () => definition.estimate?.(...args),
  }
}

/** Inputs under single roles: those of a list are `ROLE.0`, `ROLE.1` ... */
function numbered(inputs: NonNullable<StageSpec['inputs']>): Draft['inputs'] {
  const entries = Object.entries(inputs).flatMap(([role, given]): readonly (readonly [string, Input])[] => {
    if (given === undefined) return []
    return isInput(given) ? [[role, given]] : given.map((one, index) => [`${role}.${index}`, one] as const)
  })
  return Object.fromEntries(entries)
}

const isInput = (given: Input | readonly Input[]): given is Input => 'stage' in given

const present = <Value>(fields: { readonly [name: string]: Value | undefined }): { readonly [name: string]: Value } =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

/** The stages of a draft that is made in `count` parts; for one part, the draft itself with its key unchanged. */
export function inParts(
  whole: Draft,
  count: number,
  join: StageDefinition<string, readonly [Draft, readonly Input[]]>,
): readonly Draft[] {
  if (count === 1) return [whole]
  const { id, path } = whole
  const parts = Array.from(
    { length: count },
    (_, index): Draft => ({
      ...whole,
      id: `${id}.${index}`,
      params: { ...whole.params, part: { index, of: count } },
      part: { of: id, index, count },
    }),
  )
  return [
    ...parts,
    draft(
      join,
      { id, path },
      whole,
      parts.map(part => input(part.id)),
    ),
  ]
}
