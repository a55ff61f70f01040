import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createRandom } from '../../runtime/data/random.ts'
import { apply, type Graph, input, type Node } from '../../runtime/engine/graph/ir.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import { print } from '../../runtime/engine/graph/print.ts'
import { findRowTiling, type RowTiling } from '../../runtime/engine/graph/row_tiling.ts'
import { sizeOf } from '../../runtime/engine/graph/types.ts'
import { floats, floatsOf, type HostArray, jit, tf } from '../../runtime/engine/mod.ts'
import { emit } from '../../runtime/engine/onnx/emit.ts'
import { trace } from '../../runtime/engine/trace/trace.ts'
import { feeds, graphOf, programs } from './random_graph.ts'
import { rowFeeds, rowGraph, rowPrograms } from './random_rows.ts'
import { compiledEngine, differences, runGraph } from './support.ts'
import { tinyStep, tinyTypes } from './tiny_mammut.ts'

const float = (name: string, ...shape: readonly number[]) => input(name, { shape, dtype: 'float32' })
const [x, w, gain] = [float('x', 6, 2, 3), float('w', 3, 3), float('gain', 3)]

/** A layer on each of two tokens of an image, and their mean. */
function encoder(outputs: (layer: Node, pooled: Node) => readonly Node[]): Graph {
  const bias = apply('mul', [gain, gain])
  const layer = apply('linear', [apply('reshape', [x], { shape: [12, 3] }), w, bias])
  const tokens = apply('reshape', [apply('gelu', [layer])], { shape: [6, 2, 3] })
  const pooled = apply('mean', [apply('standardize', [tokens], { epsilon: 0.5 })], { axes: [1], keep: false })
  return { inputs: [x, w, gain], outputs: outputs(layer, pooled).map((node, i) => ({ name: `r${i}`, node })) }
}

test('nodes that compute each row by itself become the body of tiles; weights are taken whole', () => {
  const graph = encoder((_, pooled) => [apply('matmul', [pooled, pooled], { transposeB: true })])
  const tiling = findRowTiling(graph, { bytes: 72 })
  const text = `graph {
  a: float32[3,2,3] = input rows 0
  b: float32[3,3] = input whole 0
  c: float32[3] = input whole 1
  d: float32[6,3] = reshape(a) { shape: [6,3] }
  e: float32[6,3] = linear(d, b, c)
  f: float32[6,3] = gelu(e)
  g: float32[3,2,3] = reshape(f) { shape: [3,2,3] }
  h: float32[3,2,3] = standardize(g) { epsilon: 0.5 }
  i: float32[3,3] = mean(h) { axes: [1], keep: false }
  return 0: i
}
`
  assert.is(tiling && print(tiling.body), text)
  assert.equal([tiling?.times, tiling?.split, tiling?.whole.map(({ op }) => op)], [2, [x], ['input', 'mul']])
})

test('a compiled step computes many rows in tiles as it computes few rows at once', async () => {
  const mixed = ({ x, w }: { readonly x: tf.Tensor; readonly w: tf.Tensor }) => {
    const tokens = tf.reshape(tf.relu(tf.matMul(tf.reshape(x, [-1, 128]), w)), [-1, 64, 128])
    return { pooled: tf.mean(tf.softmax(tokens), 1) }
  }
  const random = createRandom(1, 'rows')
  const draw = (...shape: readonly number[]) =>
    floats(
      Float32Array.from({ length: sizeOf(shape) }, () => random.between(-1, 1)),
      shape,
    )
  const [many, w] = [draw(128, 64, 128), draw(128, 128)]
  const types = { x: { shape: many.shape, dtype: many.dtype }, w: { shape: w.shape, dtype: w.dtype } }
  assert.is(findRowTiling(optimize(trace(mixed, types).graph), { bytes: 2 ** 21 })?.times, 2)
  const step = jit(mixed, { engine: compiledEngine(1) })
  const whole = floatsOf((await step({ x: many, w })).pooled)
  const rows = sizeOf([32, 64, 128])
  for (let i = 0; i < 4; i++) {
    const few = floats(floatsOf(many).slice(i * rows, (i + 1) * rows), [32, 64, 128])
    const { pooled } = await step({ x: few, w })
    assert.equal(floatsOf(pooled), whole.slice(i * 32 * 128, (i + 1) * 32 * 128))
  }
  await step.dispose()
})

test('there are no tiles where all rows fit, where few rows would, or where many bytes are results', () => {
  const pooled = encoder((_, pooled) => [pooled])
  assert.is(findRowTiling(pooled, { bytes: 144 }), undefined)
  assert.is(findRowTiling(pooled, { bytes: 23 }), undefined)
  assert.ok(findRowTiling(pooled, { bytes: 24 }))
  assert.is(findRowTiling(pooled, { bytes: 24, resultShare: 1 / 12 }), undefined)
  assert.is(
    findRowTiling(
      encoder((layer, pooled) => [layer, pooled]),
      { bytes: 24 },
    ),
    undefined,
  )
})

test('a training step is not computed in tiles', () => {
  const graph = optimize(trace(tinyStep, tinyTypes()).graph)
  for (let bytes = 64; bytes < 2 ** 20; bytes *= 2) assert.is(findRowTiling(graph, { bytes }), undefined)
})

type Feeds = Readonly<Record<string, HostArray>>

const sizes = Array.from({ length: 10 }, (_, i) => 8 * 2 ** i)

/** The first tiling that some size gives, whatever the share of results. */
const anyTiling = (graph: Graph): RowTiling | undefined =>
  sizes.flatMap(bytes => findRowTiling(graph, { bytes, resultShare: Number.POSITIVE_INFINITY }) ?? [])[0]

/** Compares results with and without tiles; true if there were any. */
async function staysEqual(graph: Graph, feeds: Feeds): Promise<boolean> {
  const tiling = anyTiling(graph)
  if (tiling === undefined) return false
  const plain = await runGraph(graph, feeds)
  const tiled = await runGraph(graph, feeds, emit(graph, { fusedProducts: true, tiling }))
  const largest = Math.max(1, ...Object.values(plain).flatMap(({ data }) => Array.from(data, Math.abs)))
  assert.equal(differences(tiled, plain, { absolute: 1e-6 * largest, relative: 1e-5 }), [])
  return true
}

async function holdFor<T>(random: fc.Arbitrary<T>, graphOf: (program: T) => Graph, feeds: Feeds): Promise<number> {
  let tiled = 0
  await fc.assert(
    fc.asyncProperty(random, async program => {
      for (const graph of [graphOf(program), optimize(graphOf(program))]) if (await staysEqual(graph, feeds)) tiled += 1
    }),
    { seed: 13, numRuns: 150 },
  )
  return tiled
}

test('random graphs give equal results in tiles', async () => {
  assert.ok((await holdFor(programs, graphOf, feeds)) > 100)
})

test('random graphs of few rows give equal results in tiles', async () => {
  assert.ok((await holdFor(rowPrograms, rowGraph, rowFeeds)) > 200)
})

test.run()
