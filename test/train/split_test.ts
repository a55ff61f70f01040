import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { chooseEngine, floats, floatsOf, gradients, jit } from '../../runtime/engine/mod.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import { type BatchTensors, loadObjective, lossesOf } from '../../runtime/train/objective.ts'
import { createReplica } from '../../runtime/train/replica.ts'
import type { TrainingResult } from '../../runtime/train/trainer.ts'
import { inTempFolder, relativeError } from '../support.ts'
import { bitsOf, config, pairsOf, randomPairs, type TinyOptions, trainTiny } from './tiny.ts'

const steps = 6
const whole = await trainTiny({ steps })

/** Largest distance of a loss or gradient norm, in parts of itself. */
function distance(actual: TrainingResult, expected: TrainingResult): number {
  const pairs = expected.steps.flatMap(({ losses, gradientNorm }, i) => {
    const other = actual.steps[i]
    const names = Object.keys(losses)
    assert.equal(Object.keys(other?.losses ?? {}), names)
    return [[other?.gradientNorm, gradientNorm], ...names.map(name => [other?.losses[name], losses[name]])]
  })
  return Math.max(...pairs.map(([a = Number.NaN, b = 0]) => Math.abs(a - b) / Math.abs(b)))
}

const ways: readonly (readonly [string, Omit<TinyOptions, 'steps'>])[] = [
  ['in parts of two pairs', { microBatch: 2 }],
  ['in parts of four pairs, computed again', { microBatch: 4, recompute: true }],
  ['at once, computed again', { recompute: true }],
  ['on two slots', { slots: 2 }],
  ['on two slots, in parts of two pairs', { slots: 2, microBatch: 2 }],
  ['on four slots', { slots: 4 }],
]
for (const [name, options] of ways)
  test(`training ${name} gives the losses and gradient norms of the whole batch`, async () => {
    const apart = distance(await trainTiny({ steps, ...options }), whole)
    assert.ok(apart < 1e-4, `losses and norms are up to ${apart} apart`)
  })

test('without the captioning loss parts give the same, too', async () => {
  const contrastive = { steps: 3, captionWeight: 0 }
  const apart = distance(await trainTiny({ ...contrastive, microBatch: 2 }), await trainTiny(contrastive))
  assert.ok(apart < 1e-4, `losses and norms are up to ${apart} apart`)
})

test('the focal loss and layers that learn at their own rates are the same in parts and on slots', async () => {
  const options = { steps: 4, contrast: { kind: 'focal', gamma: 2 }, layerDecay: 0.7 } as const
  const expected = await trainTiny(options)
  for (const split of [{ microBatch: 2 }, { slots: 2, microBatch: 2 }, { recompute: true }]) {
    const apart = distance(await trainTiny({ ...options, ...split }), expected)
    assert.ok(apart < 1e-4, `${JSON.stringify(split)}: losses and norms are up to ${apart} apart`)
  }
})

test('two slots give the same bits again, also after a stop', () =>
  inTempFolder(async folder => {
    const stop = new AbortController()
    const straight = await trainTiny({ steps, slots: 2 })
    const checkpoints = { folder, every: 3600, keep: 2, log: () => {}, warn: assert.unreachable }
    const first = trainTiny({
      steps,
      slots: 2,
      checkpoints,
      signal: stop.signal,
      onStep: ({ step }) => step === 3 && stop.abort(new Error('Stopped on request')),
    })
    assert.is(await first.catch((error: Error) => error.message), 'Stopped on request')
    const seen: number[] = []
    const resumed = await trainTiny({ steps, slots: 2, checkpoints, onStep: ({ step }) => seen.push(step) })
    assert.is(seen[0], 4)
    assert.is(bitsOf(resumed), bitsOf(straight))
  }))

test('gradients that parts add up are those of the whole batch, parameter by parameter', async () => {
  const engine = await chooseEngine('cpu', 2)
  const weights = initialWeights(config, 3)
  const zeros = () =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [name, floats(new Float32Array(data.length), shape)]),
    )
  const state = { weights, first: zeros(), second: zeros(), average: {} }
  const objective = await loadObjective(pairsOf(config))
  const { images, tokens } = randomPairs().next()
  const optimizer = { beta1: 0.9, beta2: 0.98, weightDecay: 0, clipNorm: 1 }
  const gradientsInParts = async (microBatch: number) => {
    const replica = createReplica(state, { engine, objective, optimizer, microBatch, constants: {} })
    const { counts, ...embedded } = await replica.embed({ images, tokens })
    const { rest } = await replica.backward({ images, tokens }, { ...embedded, offset: 0, totals: counts })
    assert.ok(rest > 1, 'the captioning loss is part of it')
    return replica.gradients()
  }
  type Inputs = { readonly weights: Weights; readonly batch: BatchTensors }
  const whole = jit(
    ({ weights: given, batch }: Inputs) => ({
      grads: [...gradients(() => lossesOf(objective(batch, given), given).loss, Object.values(given)).grads],
    }),
    { engine },
  )
  const { grads } = await whole({ weights, batch: { images, tokens } })
  const parts = await gradientsInParts(2)
  Object.keys(weights).forEach((name, i) => {
    // What the logit scale gets from the contrastive loss comes with the update.
    if (name === 'logit_scale') return
    const [found, expected] = [parts[name], grads[i]]
    if (found === undefined || expected === undefined) throw new Error(`There is no gradient of '${name}'`)
    const error = relativeError(floatsOf(found), floatsOf(expected))
    assert.ok(error < 1e-4, `${name}: ${error}`)
  })
})

test('a slot whose thread dies fails the run by name, and the next run goes on from the checkpoint', () =>
  inTempFolder(async folder => {
    const logs: string[] = []
    const checkpoints = {
      folder,
      every: 0,
      keep: 2,
      log: (text: string) => void logs.push(text),
      warn: assert.unreachable,
    }
    const dying = { module: new URL('./dying_objective.js', import.meta.url).href, spec: {} }
    const fault = await trainTiny({ steps, slots: 2, checkpoints, objective: dying }).catch(
      (error: Error) => error.message,
    )
    assert.match(String(fault), /^Slot [12] of 2 ended with code 9 .* The last checkpoint is kept$/)
    const resumed = await trainTiny({ steps, slots: 2, checkpoints })
    assert.match(logs.join(), /Going on from the checkpoint of step \d of 6/)
    assert.is(bitsOf(resumed), bitsOf(await trainTiny({ steps, slots: 2 })))
  }))

test('a batch that does not divide is refused', async () => {
  const fault = await trainTiny({ steps, slots: 3 }).catch((error: Error) => error.message)
  assert.match(String(fault), /A batch of 8 does not divide into 3 slots/)
})

test.run()
