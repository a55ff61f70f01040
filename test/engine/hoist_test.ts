import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { InferenceSession } from 'onnxruntime-node'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Refusal } from '../../dsl/diagnostics/faults.ts'
import { hoistInvariants } from '../../runtime/engine/graph/hoist_invariants.ts'
import { apply, type Graph, input, type Node } from '../../runtime/engine/graph/ir.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import { print } from '../../runtime/engine/graph/print.ts'
import { floats, floatsOf, type HostArray, jit, type NdArray, tf } from '../../runtime/engine/mod.ts'
import { inTempFolder } from '../support.ts'
import { feeds, graphOf, programs } from './random_graph.ts'
import { compiledEngine, differences, errorOf, runGraph } from './support.ts'

const engine = compiledEngine(1)
const float = (name: string, ...shape: readonly number[]) => input(name, { shape, dtype: 'float32' })

test('nodes of invariant inputs alone are hoisted; those that take no time are not', () => {
  const [x, w, gain] = [float('x', 2, 3), float('w', 3, 3), float('held 0', 3)]
  const scaled = apply('mul', [w, gain])
  const flat = apply('reshape', [w], { shape: [9] })
  const layer = apply('linear', [x, scaled, gain])
  const outputs = [layer, apply('add', [apply('sum', [x], { axes: [0, 1], keep: false }), flat]), scaled]
  const graph: Graph = { inputs: [x, w, gain], outputs: outputs.map((node, i) => ({ name: `r${i}`, node })) }
  const isInvariant = (node: Node) => node !== x
  const split = hoistInvariants(graph, { isInvariant, takesInputs: false })
  const hoisted = `graph {
  a: float32[2,3] = input x
  b: float32[3,3] = input w
  c: float32[3] = input held 0
  d: float32[3,3] = mul(b, c)
  return held 0': d
}
`
  const main = `graph {
  a: float32[2,3] = input x
  b: float32[3,3] = input w
  c: float32[3] = input held 0
  d: float32[3,3] = input held 0'
  e: float32[2,3] = linear(a, d, c)
  f: float32[] = sum(a) { axes: [0,1], keep: false }
  g: float32[9] = reshape(b) { shape: [9] }
  h: float32[9] = add(f, g)
  return r0: e, r1: h, r2: d
}
`
  assert.equal([split && print(split.hoisted), split && print(split.main)], [hoisted, main])
  const taken = hoistInvariants(graph, { isInvariant, takesInputs: true })
  assert.equal(new Set(taken?.hoisted.outputs.map(({ node }) => node)), new Set([scaled, gain, w]))
  assert.is(hoistInvariants(graph, { isInvariant: () => false, takesInputs: true }), undefined)
})

test('random graphs give equal results in two', async () => {
  let split = 0
  await fc.assert(
    fc.asyncProperty(programs, fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }), async (program, invariant) => {
      const graph = optimize(graphOf(program))
      const names = new Set(graph.inputs.flatMap(({ name }, i) => (invariant[i] ? [name] : [])))
      for (const takesInputs of [false, true]) {
        const graphs = hoistInvariants(graph, { isInvariant: ({ name }) => names.has(name), takesInputs })
        if (graphs === undefined) continue
        split += 1
        const reached = graphs.hoisted.outputs.map(({ node }) => ({ name: '', node }))
        assert.not.match(print({ inputs: [], outputs: reached }), new RegExp(`input [^${[...names].join('')}]`))
        const hoisted = await runGraph(graphs.hoisted, feeds)
        const tolerance = { absolute: 1e-6, relative: 1e-6 }
        assert.equal(
          differences(await runGraph(graphs.main, { ...feeds, ...hoisted }), await runGraph(graph, feeds), tolerance),
          [],
        )
      }
    }),
    { seed: 14, numRuns: 150 },
  )
  assert.ok(split > 60, `${split}`)
})

type Inputs = { readonly x: tf.Tensor; readonly weights: { readonly w: tf.Tensor; readonly gain: tf.Tensor } }

const layer = ({ x, weights: { w, gain } }: Inputs) => ({ y: tf.matMul(x, tf.mul(w, gain)) })
const weights = (factor: number) => ({
  w: floats(Float32Array.of(1, 2, 3, 4), [2, 2]),
  gain: floats(Float32Array.of(factor, 1)),
})
const row = (...numbers: readonly number[]): HostArray => floats(Float32Array.from(numbers), [1, numbers.length])
const numbers = ({ y }: { readonly y: NdArray }): number[] => Array.from(floatsOf(y))

/** Counts of the runs of each session that `body` opens. */
async function counted(body: () => Promise<void>): Promise<readonly number[]> {
  const create = InferenceSession.create
  const counts: number[] = []
  const counting = async (...given: Parameters<typeof create>) => {
    const session = await create(...given)
    const run = session.run.bind(session)
    const at = counts.push(0) - 1
    const counted = (...inputs: Parameters<typeof run>) => {
      counts[at] = (counts[at] ?? 0) + 1
      return run(...inputs)
    }
    return Object.assign(session, { run: counted })
  }
  Object.assign(InferenceSession, { create: counting })
  try {
    await body()
  } finally {
    Object.assign(InferenceSession, { create })
  }
  return counts
}

test('nodes of invariant inputs alone are computed once, and again for other arrays', async () => {
  const counts = await counted(async () => {
    const step = jit(layer, { engine, invariant: ['weights'] })
    const ours = weights(2)
    assert.equal(numbers(await step({ x: row(1, 0), weights: ours })), [2, 2])
    assert.equal(numbers(await step({ x: row(0, 1), weights: { ...ours } })), [6, 4])
    assert.equal(numbers(await step({ x: row(0, 1), weights: weights(3) })), [9, 4])
    await step.dispose()
  })
  assert.equal(counts, [3, 1, 1])
})

test('concurrent calls get the results of their own invariant inputs', async () => {
  const step = jit(layer, { engine, invariant: ['weights'] })
  const factors = [2, 3, 3, 2, 5]
  const results = await Promise.all(factors.map(factor => step({ x: row(1, 0), weights: weights(factor) })))
  assert.equal(
    results.map(numbers),
    factors.map(factor => [factor, 2]),
  )
  await step.dispose()
})

test('a step with invariant inputs is stored on disk with both its models', async () => {
  await inTempFolder(async folder => {
    let traces = 0
    const traced = (inputs: Inputs) => {
      traces++
      return layer(inputs)
    }
    const call = async (...invariant: readonly string[]) => {
      const step = jit(traced, { engine, invariant, cache: { folder, key: 'layer' } })
      const result = numbers(await step({ x: row(1, 1), weights: weights(2) }))
      await step.dispose()
      return [result, traces]
    }
    assert.equal(await call('weights'), [[8, 6], 1])
    assert.equal(await call('weights'), [[8, 6], 1])
    assert.equal(await call(), [[8, 6], 2])
    assert.equal(await call('x'), [[8, 6], 3])
  })
})

test('a computation that failed is tried again', async () => {
  const step = jit(layer, { engine, invariant: ['weights'] })
  const ours = weights(2)
  const create = InferenceSession.create
  let sessions = 0
  const failing = (...given: Parameters<typeof create>) =>
    ++sessions === 2 ? Promise.reject(new Error('Out of memory')) : create(...given)
  Object.assign(InferenceSession, { create: failing })
  try {
    const error: unknown = await step({ x: row(1, 0), weights: ours }).catch(error => error)
    assert.ok(error instanceof Refusal, `${error}`)
    assert.is(error.message, 'Out of memory')
    assert.equal(numbers(await step({ x: row(1, 0), weights: ours })), [2, 2])
  } finally {
    Object.assign(InferenceSession, { create })
  }
  await step.dispose()
})

test('a kept input cannot be invariant', async () => {
  const message = await errorOf(async () => jit(layer, { engine, keep: ['weights'], invariant: ['weights'] }))
  assert.match(message, "'weights' cannot be invariant too")
})

test('results are not kept in memory as long as hoisted results', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const step = jit(layer, { engine, invariant: ['weights'] })
  const ours = weights(2)
  const results: WeakRef<object>[] = []
  for (let i = 0; i < 5; i++) results.push(new WeakRef((await step({ x: row(i, 0), weights: ours })).y))
  for (let i = 0; i < 10 && results.some(result => result.deref()); i++) {
    await new Promise(resolve => setTimeout(resolve, 5))
    collect()
  }
  assert.equal(
    results.map(result => result.deref()),
    results.map(() => undefined),
  )
  await step.dispose()
})

test.run()
