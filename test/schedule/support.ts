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
  }: Partial<{ inputs: readonly Stage[]; params: Stage['params']; slots: number }> = {},
): Stage {
  return {
    id,
    kind,
    version: 1,
    params,
    settings: {},
    inputs: Object.fromEntries(inputs.map(input => [input.id, { stage: input.id }])),
    externals: [],
    needs: { slots, memory: 1e8 },
    key: sha256(JSON.stringify([id, kind, params, inputs.map(input => input.key)])),
    path: ['sources', id],
  }
}

/** A plan of stages in topological order. */
export const planOf = (stages: readonly Stage[]): Plan => ({
  name: 'fixture',
  description: '',
  engine: 'cpu',
  stages,
  claims: [],
})
