import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { costOf } from '../../runtime/engine/graph/cost.ts'
import { apply, fill, type Graph, input, type Node, scalar } from '../../runtime/engine/graph/ir.ts'

const x = input('batch.x', { shape: [2, 3], dtype: 'float32' })
const w = input('weights.w', { shape: [3, 4], dtype: 'float32' })
const b = input('weights.b', { shape: [4], dtype: 'float32' })
const other = input('weights2', { shape: [100], dtype: 'float32' })
const graph = (...nodes: readonly Node[]): Graph => ({
  inputs: [x, w, b, other],
  outputs: nodes.map((node, i) => ({ name: `r${i}`, node })),
})
const costs = (...nodes: readonly Node[]) => costOf(graph(...nodes), { parameters: 'weights' })

test('a layer: products, bias and activation', () => {
  const product = apply('matmul', [x, w])
  const layer = apply('relu', [apply('add', [product, b])])
  assert.equal(costs(layer), {
    parameters: 12 + 4,
    flops: 2 * 4 * (2 * 3) + 8 + 8,
    // matmul reads x and w, add reads the product and b, relu reads the sum.
    bytesRead: 4 * (6 + 12 + 8 + 4 + 8),
    bytesWritten: 4 * (8 + 8 + 8),
    // Two results of 8 elements live side by side.
    peakBytes: 4 * 16,
  })
})

test('a fused layer costs the same products in one result', () => {
  const { flops, bytesWritten, peakBytes } = costs(apply('linear', [x, w, b]))
  assert.equal([flops, bytesWritten, peakBytes], [2 * 4 * 6 + 8, 32, 32])
})

test('turned operands are multiplied along their own inner side', () => {
  const turned = apply('matmul', [apply('transpose', [x], { perm: [1, 0] }), w], { transposeA: true })
  assert.is(costs(turned).flops, 2 * 4 * 6)
})

test('batches of products count every one', () => {
  const batch = input('batch', { shape: [5, 2, 3], dtype: 'float32' })
  assert.is(costs(apply('matmul', [batch, w])).flops, 5 * 2 * 4 * 6)
})

test('what is kept for later raises the peak, what is done with does not', () => {
  const first = apply('exp', [x])
  const second = apply('exp', [first])
  const third = apply('exp', [second])
  assert.is(costs(third).peakBytes, 2 * 24)
  assert.is(costs(apply('add', [third, first])).peakBytes, 3 * 24)
  assert.is(costs(third, first).peakBytes, 3 * 24)
})

test('reshapes share memory: they cost nothing and keep their source alive', () => {
  const source = apply('exp', [x])
  const seen = apply('reshape', [source], { shape: [6] })
  const { bytesRead, bytesWritten, peakBytes } = costs(seen)
  assert.equal([bytesRead, bytesWritten, peakBytes], [24, 24, 24])
  const later = apply('add', [apply('exp', [apply('exp', [source])]), apply('reshape', [seen], { shape: [2, 3] })])
  assert.is(costs(later).peakBytes, 3 * 24)
})

test('numbers, slices, gathers and reductions read what they take', () => {
  const row = apply('slice', [x], { starts: [0, 0], sizes: [1, 3], strides: [1, 1] })
  assert.equal(costs(row).bytesRead, 12)
  const ids = input('ids', { shape: [5], dtype: 'int32' })
  const rows = apply('gather', [w, ids], { axis: 0 })
  assert.equal([costs(rows).bytesRead, costs(rows).flops], [4 * 20 + 4 * 5, 0])
  assert.is(costs(apply('mul', [x, fill(2, x)])).bytesRead, 24 + 4)
  const sum = apply('sum', [x], { axes: [0, 1], keep: false })
  assert.equal([costs(sum).flops, costs(sum).bytesWritten], [6, 4])
})

test('a truth value is one byte', () => {
  const mask = apply('greater', [x, scalar(0)])
  assert.equal([costs(mask).flops, costs(mask).bytesWritten], [6, 6])
})

test.run()
