import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { chooseEngine, floats, floatsOf, type HostArray, jit, scalarOf, type tf } from '../../runtime/engine/mod.ts'
import type { Weights } from '../../runtime/model/layers.ts'
import { type UpdateState, update } from '../../runtime/train/update.ts'
import { inTempFolder, relativeError } from '../support.ts'
import { bitsOf, type TinyOptions, trainTiny } from './tiny.ts'

const shapes = { 'mlp.weight': [3, 4], 'mlp.bias': [4], logit_scale: [] }
const spec = { beta1: 0.9, beta2: 0.98, weightDecay: 0.05, clipNorm: 1 }
type Inputs = UpdateState & { readonly gradients: Weights; readonly learningRate: tf.Tensor; readonly step: tf.Tensor }

for (const ema of [0.3, 0.6, 0.999])
  test(`the average at a decay of ${ema} is that of the formula in float64, and a frozen weight is its own`, async () => {
    const random = createRandom(4, 'average')
    const draw = (): Record<string, HostArray> =>
      Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [
          name,
          floats(
            Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.between(-1, 1)),
            shape,
          ),
        ]),
      )
    const weights = draw()
    const zeros = Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [name, floats(new Float32Array(data.length), shape)]),
    )
    const groups = [{ prefix: 'mlp.bias', rateScale: 0, decayScale: 1 }]
    const step = jit(
      ({ gradients, learningRate, step: at, ...state }: Inputs) =>
        update(state, { gradients, learningRate, step: at }, { ...spec, groups, ema }),
      { engine: await chooseEngine('cpu', 1) },
    )
    const expected = Object.fromEntries(
      Object.entries(weights).map(([name, { data }]) => [name, Float64Array.from(data)]),
    )
    let state: Omit<Parameters<typeof step>[0], 'gradients' | 'learningRate' | 'step'> = {
      weights,
      first: zeros,
      second: zeros,
      average: weights,
    }
    for (let t = 1; t <= 25; t++) {
      const given = { gradients: draw(), learningRate: scalarOf(0.05), step: scalarOf(t) }
      const { gradientNorm: _, ...next } = await step({ ...state, ...given })
      state = next
      const decay = Math.min(ema, (1 + t) / (10 + t))
      for (const [name, average] of Object.entries(expected)) {
        const now = floatsOf(state.weights[name] ?? scalarOf(Number.NaN))
        average.forEach((old, i) => {
          average[i] = decay * old + (1 - decay) * (now[i] ?? Number.NaN)
        })
      }
    }
    for (const [name, average] of Object.entries(expected)) {
      const found = floatsOf(state.average[name] ?? scalarOf(Number.NaN))
      for (const [i, value] of average.entries())
        assert.ok(Math.abs((found[i] ?? Number.NaN) - value) < 2e-6, `${name}[${i}]`)
    }
    assert.equal(floatsOf(state.average['mlp.bias'] ?? scalarOf(0)), weights['mlp.bias']?.data)
    await step.dispose()
  })

const ema = 0.9
const steps = 6
const whole = await trainTiny({ steps, ema })

test('an average changes no step, and is not the last weights', async () => {
  const plain = await trainTiny({ steps })
  assert.is(bitsOf({ weights: whole.last ?? {}, steps: whole.steps }), bitsOf(plain))
  assert.not.equal(whole.weights, whole.last)
  assert.is(plain.last, undefined)
})

/** All numbers in a row: AdamW makes steps of what is rounding in some, such as key biases, so that each apart may differ. */
const joined = (weights: Readonly<Record<string, HostArray>>): Float32Array =>
  Float32Array.from(Object.values(weights).flatMap(({ data }) => [...data]))

const ways: readonly (readonly [string, Omit<TinyOptions, 'steps'>])[] = [
  ['in parts of two pairs', { microBatch: 2 }],
  ['computed again', { recompute: true }],
  ['on two slots, in parts of two pairs', { slots: 2, microBatch: 2 }],
]
for (const [name, options] of ways)
  test(`training ${name} gives the average of the whole batch`, async () => {
    const { weights, last } = await trainTiny({ steps, ema, ...options })
    for (const [of, found, expected] of [
      ['average', weights, whole.weights],
      ['last', last ?? {}, whole.last ?? {}],
    ] as const) {
      const error = relativeError(joined(found), joined(expected))
      assert.ok(error < 1e-4, `${of}: ${error}`)
    }
  })

for (const [name, options] of [
  ['at once', {}],
  ['on two slots', { slots: 2 }],
  ['in parts', { microBatch: 4 }],
] as const)
  test(`a run with an average that is stopped ${name} ends bit-identical to one that was not`, () =>
    inTempFolder(async folder => {
      const straight =
        'slots' in options || 'microBatch' in options ? await trainTiny({ steps, ema, ...options }) : whole
      const stop = new AbortController()
      const checkpoints = { folder, every: 3600, keep: 2, log: () => {}, warn: assert.unreachable }
      const onStep = ({ step }: { step: number }) => step === 3 && stop.abort(new Error('Stopped on request'))
      const first = trainTiny({ steps, ema, ...options, checkpoints, signal: stop.signal, onStep })
      assert.is(await first.catch((error: Error) => error.message), 'Stopped on request')
      assert.is(bitsOf(await trainTiny({ steps, ema, ...options, checkpoints })), bitsOf(straight))
    }))

test.run()
