/** The flag `--sbatch`: options of sbatch for all jobs of a run, or for those of some stages. */
import type { Plan } from '../../../dsl/compile/plan.ts'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { stagesNamed } from '../select.ts'

/** An option that a person gave. */
export interface SbatchOption {
  /** Long name without dashes: `partition`. */
  readonly name: string
  /** Absent for options without one, such as `exclusive`. */
  readonly value?: string
  /** Identities of the stages it is for; absent: all. */
  readonly stages?: ReadonlySet<string>
}

const place = '--sbatch'

/** Options that terroir sets itself. */
const reserved = [
  'array',
  'chdir',
  'clusters',
  'comment',
  'dependency',
  'error',
  'export',
  'input',
  'job-name',
  'kill-on-invalid-dep',
  'nodes',
  'ntasks',
  'open-mode',
  'output',
  'parsable',
  'signal',
  'test-only',
  'wait',
  'wrap',
]

/**
 * Reads `NAME=VALUE`, `NAME`, or either after `STAGE:`; a stage may be named by the entry of the recipe it
 * comes from. Throws a `UserFault` on anything else.
 */
export function parseSbatchOption(plan: Plan, text: string): SbatchOption {
  const { stages, rest } = splitStage(plan, text)
  const [, name = '', value] = /^(?:--)?([a-z][a-z-]*)(?:=(.*))?$/s.exec(rest) ?? []
  if (name === '') {
    const missing = rest.includes(':') ? `no stage '${rest.split(':')[0]}' in the recipe and ` : ''
    throw new UserFault(`--sbatch '${text}': there is ${missing}no such option`, {
      hint: 'write NAME=VALUE or STAGE:NAME=VALUE',
      place,
    })
  }
  if (reserved.includes(name))
    throw new UserFault(`--sbatch '${text}': terroir sets '${name}' itself`, { hint: 'leave it out', place })
  if (value !== undefined && /["\n\\]/.test(value)) {
    throw new UserFault(`--sbatch '${text}': the value holds a quote, a backslash or a line break`, {
      hint: 'leave it out',
      place,
    })
  }
  return { name, ...(value !== undefined && { value }), ...(stages && { stages }) }
}

function splitStage(plan: Plan, text: string): { readonly rest: string; readonly stages?: ReadonlySet<string> } {
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    const named = stagesNamed(plan, text.slice(0, at))
    if (named.length > 0) return { rest: text.slice(at + 1), stages: new Set(named.map(({ id }) => id)) }
  }
  return { rest: text }
}

/** Groups of options that exclude each other: a later one replaces an earlier one. */
const rivals: readonly (readonly string[])[] = [
  ['gres', 'gpus', 'gpus-per-node', 'gpus-per-task', 'gpus-per-socket'],
  ['mem', 'mem-per-cpu', 'mem-per-gpu'],
  ['cpus-per-task', 'cpus-per-gpu'],
  ['requeue', 'no-requeue'],
]

/** Options by name, later ones in the place of earlier ones and of their rivals. */
export function mergeOptions(options: readonly SbatchOption[]): ReadonlyMap<string, string | undefined> {
  const merged = new Map<string, string | undefined>()
  for (const { name, value } of options) {
    for (const rival of rivals.find(names => names.includes(name)) ?? []) merged.delete(rival)
    merged.set(name, value)
  }
  return merged
}
