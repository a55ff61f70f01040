import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Stage } from '../../dsl/compile/plan.ts'
import { expectedSeconds } from '../../runtime/schedule/costs.ts'
import { createScheduler } from '../../runtime/schedule/scheduler.ts'
import { stage } from './support.ts'

/** A stage that is estimated to take so many floating-point operations. */
function estimated(one: Stage, flops: number): Stage {
  const memory = { state: 0, activations: 0, runtime: 0, total: 0 }
  return { ...one, estimates: { parameters: 1, batch: 1, stepFlops: flops, steps: 1, flops, memory, disk: 0 } }
}

test('what leads to the most work starts first, however many stages that are', () => {
  const [few, many] = [stage('few', 'good'), stage('many', 'good')]
  const little = estimated(stage('little', 'good', { inputs: [few], slots: 1 }), 1e12)
  const after = estimated(stage('after', 'good', { inputs: [little], slots: 1 }), 1e12)
  const much = estimated(stage('much', 'good', { inputs: [many], slots: 1 }), 9e13)
  const order: string[] = []
  const scheduler = createScheduler(
    [few, little, after, many, much].map(one => ({
      id: one.id,
      after: Object.keys(one.inputs),
      needs: one.needs,
      cost: expectedSeconds(one),
    })),
    { slots: 1, jobs: 1, memory: 1e12 },
    { keepGoing: false },
  )
  for (let [started] = scheduler.start(); started !== undefined; [started] = scheduler.start()) {
    order.push(started.id)
    scheduler.end(started.id, 'done')
  }
  assert.is(order.join(' '), 'many much few little after')
})

test('work that is shared between devices takes less time; without an estimate a model takes longer than data', () => {
  const seconds = (slots: number): number => expectedSeconds(estimated(stage('a', 'good', { slots }), 1e13))
  assert.ok(seconds(2) < 0.6 * seconds(1))
  assert.ok(expectedSeconds(stage('model', 'good', { slots: 1 })) > expectedSeconds(stage('data', 'good')))
})

test.run()
