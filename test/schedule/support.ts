/** Small plans of fixture stages. */
import { join } from 'node:path'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { sha256 } from '../../runtime/store/digest.ts'

/** Worker module that knows the fixture kinds. */
export const fixtureWorker = join(import.meta.dirname, 'fixtures', 'worker.js')

/** A stage of a fixture kind whose key depends on all it is given. */
export function stage(
  id: string,
  kind: string,
  {
    inputs = [],
    params = {},
    slots = 0,
    part,
    externals = [],
  }: Partial<{
    inputs: readonly Stage[]
    params: Stage['params']
    slots: number
    part: Stage['part']
    externals: Stage['externals']
  }> = {},
): Stage {
  return {
    id,
    kind,
    version: 1,
    params,
    settings: {},
    inputs: Object.fromEntries(inputs.map(input => [input.id, { stage: input.id }])),
    externals,
    files: {},
    needs: { slots, memory: 1e8 },
    key: sha256(JSON.stringify([id, kind, params, inputs.map(input => input.key)])),
    path: ['sources', id],
    ...(part && { part }),
  }
}

/** Stages that make parts of a result, and the one that joins them, all of a kind; `bad` is the kind of one of them. */
export function partedStages(of: string, kind: string, count: number, bad: { readonly [index: number]: string } = {}) {
  const family = sha256(`parts of ${of}`)
  const parts = Array.from({ length: count }, (_, index) =>
    stage(`${of}.${index}`, bad[index] ?? kind, { params: { index, steps: 25 }, part: { of, index, count, family } }),
  )
  return [...parts, stage(of, 'good', { inputs: parts })]
}

/** A plan of stages in topological order. */
export const planOf = (stages: readonly Stage[]): Plan => ({
  name: 'fixture',
  description: '',
  engine: 'cpu',
  stages,
  claims: [],
})
