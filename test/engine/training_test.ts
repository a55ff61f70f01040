import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { floatsOf } from '../../runtime/engine/mod.ts'
import { compiledEngine, eagerEngine } from './support.ts'
import { trainTiny } from './tiny_mammut.ts'

// On one batch that returns, runs part after 60 steps: the gradients become noise, which Adam makes full steps of.
test("200 steps stay within 1e-3 of the losses of tfjs' cpu backend", async () => {
  const compiled = await trainTiny(compiledEngine(2), 200)
  const eager = await trainTiny(eagerEngine, 200)
  const distances = compiled.losses.map((loss, i) => Math.abs(loss - (eager.losses[i] ?? Number.NaN)))
  assert.ok((compiled.losses.at(-1) ?? 9) < 0.5 * (compiled.losses[0] ?? 0), 'it learns')
  assert.ok(Math.max(...distances) < 1e-3, `the losses are up to ${Math.max(...distances)} apart`)
})

for (const threads of [1, 2])
  test(`runs with ${threads === 1 ? 'one thread' : 'two threads'} are bit-identical`, async () => {
    const [first, second] = [await trainTiny(compiledEngine(threads), 10), await trainTiny(compiledEngine(threads), 10)]
    assert.equal(second.losses, first.losses)
    for (const [name, array] of Object.entries(first.weights)) {
      const bits = (of: typeof array) => Buffer.from(floatsOf(of).buffer).toString('hex')
      assert.is(bits(second.weights[name] ?? array), bits(array), name)
    }
  })

test.run()
