import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../dsl/diagnostics/faults.ts'
import { floats, printStep, tf } from '../../runtime/engine/mod.ts'
import { compiledEngine, eagerEngine } from './support.ts'

type LayerInputs = { readonly x: tf.Tensor; readonly weights: { readonly w: tf.Tensor; readonly gain: tf.Tensor } }

const layer = ({ x, weights: { w, gain } }: LayerInputs) => ({ y: tf.relu(tf.matMul(x, tf.mul(w, gain))) })
const inputs = {
  x: { shape: [2, 3], dtype: 'float32' },
  weights: { w: { shape: [3, 4], dtype: 'float32' }, gain: { shape: [4], dtype: 'float32' } },
} as const

test('a step prints the nodes of its graph with types and operators', () => {
  const text = `# main
graph {
  a: float32[2,3] = input x
  b: float32[3,4] = input weights.w
  c: float32[4] = input weights.gain
  d: float32[3,4] = mul(b, c)
  e: float32[2,4] = matmul(a, d) { transposeA: false, transposeB: false }
  f: float32[2,4] = relu(e)
  return y: f
}
`
  assert.is(printStep(layer, inputs, { engine: compiledEngine(1) }), text)
  const arrays = { x: floats(new Float32Array(6), [2, 3]), weights: inputs.weights }
  assert.is(printStep(layer, arrays, { engine: compiledEngine(1) }), text)
})

test('a step with invariant inputs prints the hoisted graph first', () => {
  const text = printStep(layer, inputs, { engine: compiledEngine(1), invariant: ['weights'] })
  const hoisted = `# hoisted: runs when an invariant input changes
graph {
  a: float32[2,3] = input x
  b: float32[3,4] = input weights.w
  c: float32[4] = input weights.gain
  d: float32[3,4] = mul(b, c)
  return held 0: d
}
`
  assert.is(text.slice(0, hoisted.length), hoisted)
  assert.match(text, /\n# main\ngraph \{\n[^}]*input held 0\n/)
  assert.is(text.match(/= mul\(/g)?.length, 1)
})

test('a step that is computed in tiles prints the graph of a tile', () => {
  const mixed = ({ x, w }: { readonly x: tf.Tensor; readonly w: tf.Tensor }) => {
    const tokens = tf.reshape(tf.relu(tf.matMul(tf.reshape(x, [-1, 128]), w)), [-1, 64, 128])
    return { pooled: tf.mean(tf.softmax(tokens), 1) }
  }
  const types = {
    x: { shape: [128, 64, 128], dtype: 'float32' },
    w: { shape: [128, 128], dtype: 'float32' },
  } as const
  const text = printStep(mixed, types, { engine: compiledEngine(1) })
  assert.match(text, /\n# 2 tiles: rows of a give rows of \w+\ngraph \{\n {2}a: float32\[64,64,128\] = input rows 0\n/)
  const webgpu = printStep(mixed, types, { engine: { name: 'webgpu', provider: 'webgpu', threads: 1 } })
  assert.not.match(webgpu, 'tiles')
})

test('an engine that runs steps uncompiled is refused', () => {
  const print = () => printStep(layer, inputs, { engine: eagerEngine })
  assert.throws(print, (error: unknown) => error instanceof Refusal && /uncompiled/.test(error.message))
})

test.run()
