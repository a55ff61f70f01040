/** Whole runs on a virtual clock, with slots. */
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { RunEvent } from '../../runtime/schedule/events.ts'
import { judge, live, plain, worlds } from './simulation.ts'

test('10,000 random runs with faults: nothing early, lost or doubled, no slot twice, every end has a reason', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async world => judge(world, await live(world))),
    { numRuns: 10_000, seed: 5 },
  )
})

test('a wide stage waits for stages that run when it is ready, and for none that come later', async () => {
  const widths = fc.record({
    narrow: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 10, maxLength: 40 }),
    wide: fc.integer({ min: 2, max: 4 }),
  })
  await fc.assert(
    fc.asyncProperty(widths, async ({ narrow, wide }) => {
      const stages = [
        { ...plain('t0', []), needs: { slots: wide, memory: 0 } },
        ...narrow.map((_, index) => ({ ...plain(`t${index + 1}`, []), needs: { slots: 1, memory: 0 } })),
      ]
      // What stands first in the plan is the last to be ready: it needs the first narrow stage.
      const [first, second, ...rest] = stages
      if (first === undefined || second === undefined) return
      const late = { ...first, inputs: { t1: { stage: 't1' } } }
      const { events } = await live({
        stages: [second, late, ...rest],
        fates: new Map(),
        durations: new Map(narrow.map((duration, index) => [`t${index + 1}`, duration])),
        limits: { slots: 4, jobs: 99, memory: 1 },
        keepGoing: false,
        stopAt: Number.POSITIVE_INFINITY,
        taken: [],
      })
      const order = events.filter(({ kind }) => kind === 'stage-started' || kind === 'stage-done')
      const at = (kind: RunEvent['kind'], id: string): number =>
        order.findIndex(event => event.kind === kind && 'stage' in event && event.stage === id)
      const between = order.slice(at('stage-done', 't1') + 1, at('stage-started', 't0'))
      assert.equal(
        between.filter(({ kind }) => kind === 'stage-started'),
        [],
      )
    }),
    { numRuns: 500, seed: 5 },
  )
})

test.run()
