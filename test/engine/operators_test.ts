import { InferenceSession, Tensor } from 'onnxruntime-node'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { costOf } from '../../runtime/engine/graph/cost.ts'
import { apply, type Graph, type InputNode, input, type Node } from '../../runtime/engine/graph/ir.ts'
import { type Attributes, listOf, sizeOf } from '../../runtime/engine/graph/types.ts'
import { type HostArray, hostArray } from '../../runtime/engine/mod.ts'
import { emit, fedName, resultName } from '../../runtime/engine/onnx/emit.ts'
import { nameOf, type Op, operators } from '../../runtime/engine/operators/lookup.ts'
import { lowerings } from '../../runtime/engine/trace/kernels.ts'
import { type OperatorSample, operatorSamples } from './operator_samples.ts'

const all = Object.entries(operatorSamples) as readonly (readonly [Op, OperatorSample])[]

/** A call of an operator on arrays. */
interface OperatorCall {
  readonly op: Op
  readonly inputs: readonly HostArray[]
  readonly attributes: Attributes
}

/** The node of a result, with type, shape and values from onnxruntime. */
interface OperatorResult {
  readonly node: Node
  readonly type: string
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

/** Runs every call in one model, for both forms of products. */
async function runCalls(calls: readonly OperatorCall[], fusedProducts: boolean): Promise<readonly OperatorResult[]> {
  const feeds: Record<string, Tensor> = {}
  const inputs: InputNode[] = []
  const nodes = calls.map(({ op, inputs: arrays, attributes }, c) => {
    const operands = arrays.map(({ data, shape, dtype }, k) => {
      const node = input(`${c}.${k}`, { shape, dtype })
      inputs.push(node)
      feeds[fedName(node.name)] = new Tensor(dtype, data, shape)
      return node
    })
    return apply(op, operands, attributes)
  })
  const graph: Graph = { inputs, outputs: nodes.map((node, c) => ({ name: `${c}`, node })) }
  const session = await InferenceSession.create(emit(graph, { fusedProducts }), { logSeverityLevel: 4 })
  const results = await session.run(feeds)
  await session.release()
  return nodes.map((node, c) => {
    const tensor = results[resultName(`${c}`)]
    if (tensor === undefined) throw new Error(`There is no result of ${calls[c]?.op}`)
    return { node, type: tensor.type, shape: tensor.dims, values: Array.from(tensor.data as Float32Array, Number) }
  })
}

const near = (actual: readonly number[], expected: readonly number[]): boolean =>
  actual.length === expected.length && actual.every((x, i) => Math.abs(x - (expected[i] ?? Number.NaN)) < 1e-5)

for (const fusedProducts of [true, false])
  test(`each operator gives its values, in the shape and dtype that it infers, ${fusedProducts ? 'with' : 'without'} fused products`, async () => {
    const results = await runCalls(
      all.map(([op, { inputs, attributes }]) => ({ op, inputs, attributes })),
      fusedProducts,
    )
    all.forEach(([op, { expected }], c) => {
      const { node, type, shape, values } = results[c] as OperatorResult
      assert.equal([type, shape], [node.dtype, node.shape], op)
      assert.ok(near(values, expected), `${op} gives ${values}, expected ${expected}`)
    })
  })

test('each operator counts its floating-point operations', () => {
  for (const [op, { inputs, attributes, flops }] of all) {
    const operands = inputs.map((type, k) => input(`${k}`, type))
    const graph: Graph = { inputs: operands, outputs: [{ name: 'y', node: apply(op, operands, attributes) }] }
    assert.is(costOf(graph, { parameters: 'none' }).flops, flops, op)
  }
})

/** Row `row` of an array of two rows or more. */
function rowOf({ data, shape: [count = 1, ...sides], dtype }: HostArray, row: number): HostArray {
  const size = sizeOf(sides)
  assert.ok(count > 1, 'there are rows')
  return hostArray(data.slice(row * size, (row + 1) * size), { shape: [1, ...sides], dtype })
}

test('rows that an operator computes by themselves are those of the whole', async () => {
  const rowwise = all.flatMap(([op, { inputs, attributes, expected }]) => {
    const node = apply(
      op,
      inputs.map((type, k) => input(`${k}`, type)),
      attributes,
    )
    const accesses = inputs.map((_, k) => operators[op].rows(node, k))
    if (!accesses.every(access => access !== undefined)) return []
    const count = node.shape[0] ?? 1
    const { shapeAttribute } = operators[op]
    const ofRow = shapeAttribute && { [shapeAttribute]: [1, ...listOf(attributes, shapeAttribute).slice(1)] }
    return Array.from({ length: count }, (_, row) => ({
      op,
      inputs: inputs.map((array, k) => (accesses[k] === 'rows' ? rowOf(array, row) : array)),
      attributes: { ...attributes, ...ofRow },
      expected: expected.slice((row * expected.length) / count, ((row + 1) * expected.length) / count),
    }))
  })
  const results = await runCalls(rowwise, true)
  rowwise.forEach(({ op, expected }, c) => {
    assert.is(results[c]?.node.shape[0], 1, op)
    assert.ok(near(results[c]?.values ?? [], expected), `${op} gives ${results[c]?.values}, expected ${expected}`)
  })
  const mixing: readonly Op[] = ['scatterAdd', 'controlDependency']
  assert.equal(
    all.map(([op]) => op).filter(op => !rowwise.some(call => call.op === op)),
    mixing,
  )
})

test('an operator mixes rows where it works along the first side', () => {
  const x = input('x', { shape: [4, 4], dtype: 'float32' })
  const along: readonly (readonly [Op, readonly Node[], Attributes])[] = [
    ['sum', [x], { axes: [0], keep: true }],
    ['cumsum', [x], { axis: 0 }],
    ['argMax', [x], { axis: 0 }],
    ['concat', [x, x], { axis: 0 }],
    ['transpose', [x], { perm: [1, 0] }],
    ['slice', [x], { starts: [0, 0], sizes: [2, 4], strides: [1, 1] }],
    ['pad', [x], { before: [1, 0], after: [0, 0], value: 0 }],
    ['tile', [x], { repeats: [2, 1] }],
    ['matmul', [x, x], { transposeA: true }],
    ['softmax', [input('v', { shape: [4], dtype: 'float32' })], {}],
  ]
  for (const [op, operands, attributes] of along)
    assert.is(operators[op].rows(apply(op, operands, attributes), 0), undefined, op)
})

/** Operands of which zeros are said to be zeros of the result. */
function zeroSets(op: Op, count: number): readonly (readonly number[])[] {
  const { linearIn } = operators[op]
  const operands = Array.from({ length: count }, (_, k) => k)
  if (linearIn === 'each') return operands.map(k => [k])
  return linearIn === 'first' ? [[0]] : linearIn === 'jointly' ? [operands] : []
}

test('zeros of operands that an operator is linear in are zeros of the result', async () => {
  const zeroed = all.flatMap(([op, { inputs, attributes }]) =>
    zeroSets(op, inputs.length).map(zeros => ({
      op,
      attributes,
      inputs: inputs.map((array, k) =>
        zeros.includes(k) ? hostArray(new Float32Array(array.data.length), array) : array,
      ),
    })),
  )
  assert.ok(zeroed.length > 10)
  const results = await runCalls(zeroed, true)
  zeroed.forEach(({ op }, c) => {
    assert.ok(
      results[c]?.values.every(value => value === 0),
      `${op} gives ${results[c]?.values}`,
    )
  })
})

test('each kernel of tfjs belongs to one operator, and can be compiled', () => {
  const kernels = Object.values(operators).flatMap(({ kernels = {} }) => Object.keys(kernels))
  assert.equal(kernels, [...new Set(kernels)])
  const missing = kernels.filter(name => !(name in lowerings))
  assert.equal(missing, ['TerroirControlDependency'], 'tfjs has no such kernel')
})

test('an operator that is not in the registry has no name', () => {
  assert.is(nameOf(operators.cumsum), 'cumsum')
  assert.throws(() => nameOf({ ...operators.cumsum }), /not in the registry/)
})

test('operands that do not fit are told with the operator and their types', () => {
  const x = input('x', { shape: [2, 3], dtype: 'float32' })
  assert.throws(
    () => apply('reshape', [x], { shape: [5] }),
    /reshape\(float32\[2,3\]\): \[2,3\] does not reshape to \[5\]/,
  )
  assert.throws(() => apply('cumsum', []), /cumsum\(\): operand 1 is missing/)
  assert.throws(() => apply('add', [x, input('n', { shape: [3], dtype: 'int32' })]), /dtypes float32 and int32 differ/)
})

test.run()
