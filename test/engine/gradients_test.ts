import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { costOf } from '../../runtime/engine/graph/cost.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import {
  floats,
  gradients,
  type HostArray,
  isNdArray,
  jit,
  mapTree,
  type NdArray,
  recomputed,
  type Tree,
  tf,
} from '../../runtime/engine/mod.ts'
import { trace } from '../../runtime/engine/trace/trace.ts'
import { compiledEngine, differences, eagerEngine } from './support.ts'

const [rows, width] = [64, 16]
const random = createRandom(1, 'chain')
const uniform = (...shape: readonly number[]): HostArray =>
  floats(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.between(-0.5, 0.5)),
    shape,
  )

type Inputs = { readonly x: tf.Tensor; readonly shift: tf.Tensor; readonly weights: readonly tf.Tensor[] }

/** A chain of layers, each of which makes arrays eight times as wide as what it gives on. */
function chain({ x, shift, weights }: Inputs, again: boolean) {
  const layer = ([input = x, matrix = x]: readonly tf.Tensor[], [add = shift]: readonly tf.Tensor[]): tf.Tensor => {
    const wide = tf.tanh(tf.add(tf.matMul(input as tf.Tensor2D, matrix as tf.Tensor2D), add))
    return tf.add(input, tf.matMul(wide as tf.Tensor2D, matrix as tf.Tensor2D, false, true))
  }
  const run = (): tf.Scalar => {
    let y = x
    for (const matrix of weights) y = again ? recomputed(layer, [y, matrix], [shift]) : layer([y, matrix], [shift])
    return tf.sum(tf.square(y))
  }
  const { value, grads } = gradients(run, [x, ...weights])
  return { value, grads: [...grads] }
}

const inputsOf = (layers: number) => ({
  x: uniform(rows, width),
  shift: uniform(8 * width),
  weights: Array.from({ length: layers }, () => uniform(width, 8 * width)),
})

for (const engine of [compiledEngine(2), eagerEngine])
  test(`layers that are computed again give the same values and gradients (${engine.eager ?? engine.name})`, async () => {
    const inputs = inputsOf(4)
    const plain = await jit((given: Inputs) => chain(given, false), { engine })(inputs)
    const again = await jit((given: Inputs) => chain(given, true), { engine })(inputs)
    assert.equal(differences(again, plain, { absolute: 1e-6, relative: 1e-5 }), [])
  })

test('memory of layers that are computed again grows by what they give on, not by what they compute', () => {
  const peak = (layers: number, again: boolean) => {
    const types = mapTree(inputsOf(layers) as Tree<NdArray>, isNdArray, ({ shape, dtype }) => ({ shape, dtype }))
    const traced = trace((given: Inputs) => chain(given, again), types)
    return costOf(optimize(traced.graph), { parameters: 'weights' }).peakBytes
  }
  const perLayer = (again: boolean) => (peak(24, again) - peak(8, again)) / 16
  // A layer gives on rows * width floats, and its gradients are width * 8 * width, which are outputs.
  const least = 4 * (rows * width + width * 8 * width)
  assert.ok(perLayer(true) < 1.05 * least, `${perLayer(true)} bytes a layer`)
  assert.ok(perLayer(false) > least + 0.9 * 4 * rows * 8 * width, `${perLayer(false)} bytes a layer without`)
})

test('a gradient by what the value does not depend on is zero', async () => {
  type Two = { readonly a: tf.Tensor; readonly b: tf.Tensor }
  const step = jit(({ a, b }: Two) => ({ grads: [...gradients(() => tf.sum(a) as tf.Scalar, [a, b]).grads] }), {
    engine: compiledEngine(1),
  })
  const { grads } = await step({ a: uniform(2), b: uniform(3) })
  assert.equal(
    grads.map(grad => (grad.location === 'host' ? [...grad.data] : [])),
    [
      [1, 1],
      [0, 0, 0],
    ],
  )
})

test.run()
