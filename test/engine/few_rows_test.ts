import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { costOf } from '../../runtime/engine/graph/cost.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import {
  floats,
  type HostArray,
  ints,
  isNdArray,
  jit,
  mapTree,
  type NdArray,
  type Tree,
  tf,
} from '../../runtime/engine/mod.ts'
import { trace } from '../../runtime/engine/trace/trace.ts'
import { addAttention, addMlp, causalMask } from '../../runtime/model/layers.ts'
import { compiledEngine, differences, eagerEngine } from './support.ts'

const [batch, count, width] = [3, 12, 8]
const random = createRandom(1, 'few rows')
const uniform = (...shape: readonly number[]): HostArray =>
  floats(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.between(-0.6, 0.6)),
    shape,
  )

const pair = (name: string, out: number, into: number) => ({
  [`${name}.weight`]: uniform(out, into),
  [`${name}.bias`]: uniform(out),
})
const norm = (name: string) => ({ [`${name}.weight`]: uniform(width), [`${name}.bias`]: uniform(width) })
const weights: Readonly<Record<string, HostArray>> = {
  ...norm('b.ln_1'),
  ...pair('b.attn.in_proj', 3 * width, width),
  ...pair('b.attn.out_proj', width, width),
  ...norm('b.ln_2'),
  ...pair('b.mlp.c_fc', 4 * width, width),
  ...pair('b.mlp.c_proj', width, 4 * width),
}

type Inputs = { readonly x: tf.Tensor; readonly ends: tf.Tensor; readonly weights: Record<string, tf.Tensor> }
type Pool = (states: tf.Tensor, ends: tf.Tensor) => tf.Tensor

/** A block of a transformer, of whose rows one is used for each of the batch, with every gradient. */
const pooled =
  (pool: Pool) =>
  ({ x, ends, weights }: Inputs) => {
    const names = Object.keys(weights)
    const loss = (input: tf.Tensor, ...list: tf.Tensor[]): tf.Scalar => {
      const given = Object.fromEntries(names.map((name, i) => [name, list[i] ?? x]))
      const mask = causalMask(count)
      const states = addMlp(addAttention(input, given, 'b', { heads: 2, mask }), given, 'b')
      return tf.sum(tf.square(tf.tanh(pool(states, ends))))
    }
    const { value, grads } = tf.valueAndGrads(loss)([x, ...Object.values(weights)])
    return { value, grads }
  }

const pools: Readonly<Record<string, Pool>> = {
  'the first': states => tf.slice(states, [0, 0, 0], [batch, 1, width]),
  'one inside': states => tf.slice(states, [0, 5, 0], [batch, 1, width]),
  'two together': states => tf.slice(states, [0, 3, 0], [batch, 2, width]),
  'one of each, by its number': (states, ends) => tf.gather(tf.reshape(states, [-1, width]), ends as tf.Tensor1D),
  'the largest number of each': (states, ends) => {
    const tokens = tf.reshape(tf.range(0, batch * count, 1, 'int32'), [batch, count])
    const last = tf.add(tf.argMax(tokens, 1), tf.mul(ends, tf.scalar(0, 'int32')))
    const rows = tf.add(last, tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(count, 'int32')))
    return tf.gather(tf.reshape(states, [-1, width]), rows as tf.Tensor1D)
  },
}

const inputs = { x: uniform(batch, count, width), ends: ints(Int32Array.of(2, 14, 14)), weights }
const types = mapTree(inputs as Tree<NdArray>, isNdArray, ({ shape, dtype }) => ({ shape, dtype }))

for (const [name, pool] of Object.entries(pools))
  test(`a block of which ${name} is used computes that alone, with the gradients of tfjs' cpu backend`, async () => {
    const step = pooled(pool)
    const compiled = jit(step, { engine: compiledEngine(2) })
    const [actual, expected] = [await compiled(inputs), await jit(step, { engine: eagerEngine })(inputs)]
    await compiled.dispose()
    assert.equal(differences(actual, expected, { absolute: 1e-5, relative: 1e-4 }), [])
    const { graph } = trace(step, types)
    const [before, after] = [graph, optimize(graph)].map(one => costOf(one, { parameters: 'weights' }).flops)
    assert.ok((after ?? 0) < 0.65 * (before ?? 0), `${after} of ${before} operations`)
  })

test.run()
