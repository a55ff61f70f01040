/** Inputs and nodes that the cases of passes share. */
import { apply, fill, type Graph, input, type Node, scalar } from '../../runtime/engine/graph/ir.ts'

export interface PassCase {
  readonly name: string
  readonly graph: Graph
}

export interface PassCases {
  readonly pass: (graph: Graph) => Graph
  readonly cases: readonly PassCase[]
}

export const x = input('x', { shape: [2, 3], dtype: 'float32' })
export const y = input('y', { shape: [2, 3], dtype: 'float32' })
export const w = input('w', { shape: [3, 4], dtype: 'float32' })
export const n = input('n', { shape: [2, 3], dtype: 'int32' })
export const row = input('row', { shape: [3], dtype: 'float32' })
export const bias = input('bias', { shape: [4], dtype: 'float32' })
export const rows = input('rows', { shape: [40, 26, 3], dtype: 'float32' })
export const states = input('states', { shape: [2, 8, 3], dtype: 'float32' })
export const ends = input('ends', { shape: [2], dtype: 'int32' })
export const inputs = [x, y, w, n, row, bias, rows, states, ends]

/** A case from its results; only the inputs that they reach are listed. */
export function results(name: string, ...nodes: readonly Node[]): PassCase {
  const reached = new Set<Node>()
  const visit = (node: Node): void => {
    if (reached.has(node)) return
    reached.add(node)
    node.inputs.forEach(visit)
  }
  nodes.forEach(visit)
  const outputs = nodes.map((node, i) => ({ name: `r${i}`, node }))
  return { name, graph: { inputs: inputs.filter(node => reached.has(node)), outputs } }
}

export const full = (value: number): Node => fill(value, { shape: [2, 3], dtype: 'float32' })
export const transpose = (node: Node, perm: readonly number[]): Node => apply('transpose', [node], { perm })
export const reshape = (node: Node, shape: readonly number[]): Node => apply('reshape', [node], { shape })
export const sum = (node: Node, axes: readonly number[], keep = false): Node => apply('sum', [node], { axes, keep })
export const mean = (node: Node): Node => apply('mean', [node], { axes: [1], keep: true })
export const matmul = (a: Node, b: Node, attributes = {}): Node => apply('matmul', [a, b], attributes)

export function normalised(source: Node): { readonly normal: Node; readonly shifted: Node } {
  const centred = apply('sub', [source, mean(source)])
  const variance = mean(apply('mul', [centred, centred]))
  const scale = apply('reciprocal', [apply('sqrt', [apply('add', [variance, scalar(1e-5)])])])
  const normal = apply('mul', [centred, scale])
  return { normal, shifted: apply('add', [apply('mul', [normal, row]), row]) }
}

export function gelu(source: Node): Node {
  const scaled = apply('mul', [source, scalar(Math.fround(Math.SQRT1_2))])
  const share = apply('add', [apply('erf', [scaled]), scalar(1)])
  return apply('mul', [apply('mul', [scaled, share]), scalar(Math.fround(Math.SQRT1_2))])
}

export function whole(node: Node): Node {
  return apply('slice', [node], { starts: [0, 0], sizes: node.shape, strides: [1, 1] })
}

export const pad = (value: number): Node => apply('pad', [row], { before: [1], after: [0], value })

export const turnA = { transposeA: true }

/** Rows of `states` that are zero, but for some of each list. */
export function first(at = 0, count = 1): Node {
  return apply('pad', [token(states, at, count)], { before: [0, at, 0], after: [0, 8 - at - count, 0], value: 0 })
}

export function token(node: Node, at = 0, count = 1): Node {
  return apply('slice', [node], {
    starts: [0, at, 0],
    sizes: [node.shape[0] ?? 0, count, node.shape[2] ?? 0],
    strides: [1, 1, 1],
  })
}

/** Along the last side. */
export function besides(...nodes: readonly Node[]): Node {
  return apply('concat', nodes, { axis: (nodes[0]?.shape.length ?? 1) - 1 })
}

export function guardedScatter(ids: Node, count: number): Node {
  const zero = scalar(0, 'int32')
  const inside = apply('and', [apply('greaterEqual', [ids, zero]), apply('less', [ids, scalar(count, 'int32')])])
  const updates = apply('select', [reshape(inside, [2, 1]), x, scalar(0)])
  return apply('scatterAdd', [updates, apply('select', [inside, ids, zero])], { rows: count })
}

export function gatheredAndScattered(ids: Node, count: number): readonly Node[] {
  return [apply('gather', [rowsOf(states), ids], { axis: 0 }), guardedScatter(ids, count)]
}

export function rowsOf(node: Node): Node {
  return reshape(node, [16, node.shape.at(-1) ?? 0])
}

export function unary(op: string, node: Node): Node {
  return apply(op as 'exp', [node])
}

export function layerOf(node: Node): Node {
  const square = apply('linear', [rowsOf(node), reshape(sum(states, [1]), [3, 2]), reshape(sum(x, [1]), [2])])
  return reshape(apply('linear', [square, reshape(x, [2, 3]), row]), [2, 8, 3])
}

export function attention(node: Node): Node {
  const heads = transpose(reshape(node, [2, 8, 3, 1]), [0, 2, 1, 3])
  const mixed = matmul(apply('softmax', [matmul(heads, heads, { transposeB: true })]), heads)
  return reshape(transpose(mixed, [0, 2, 1, 3]), [2, 8, 3])
}

/** Of queries and of values, from a gradient by the mixed values. */
export function attentionGradient(gradient: Node): readonly Node[] {
  const split = (node: Node) => transpose(reshape(node, [2, 8, 3, 1]), [0, 2, 1, 3])
  const shares = matmul(split(states), split(states), { transposeB: true })
  return [matmul(split(gradient), split(states), { transposeB: true }), matmul(shares, split(gradient), turnA)]
}

export function scaled(node: Node, factor: number): Node {
  return apply('mul', [node, scalar(factor)])
}

export function layer(): Node {
  return apply('linear', [x, w, bias])
}

export function turnedLayer(): Node {
  return apply('linear', [x, reshape(w, [4, 3]), bias], { transposeB: true })
}

/** Equal parts along the last side. */
export function cut(node: Node, parts: number): readonly Node[] {
  const size = (node.shape.at(-1) ?? 0) / parts
  const strides = node.shape.map(() => 1)
  return Array.from({ length: parts }, (_, i) => {
    const starts = node.shape.map((_, axis) => (axis === node.shape.length - 1 ? i * size : 0))
    return apply('slice', [node], { starts, sizes: [...node.shape.slice(0, -1), size], strides })
  })
}

/** A layer of GELU's value, and GELU's slope, as `gelu` of the model's layers makes them. */
export function layerAndSlope(u: Node): readonly [Node, Node] {
  const part = apply('add', [apply('erf', [u]), scalar(1)])
  const density = apply('exp', [apply('sub', [scalar(0.12), apply('mul', [u, u])])])
  const layer = apply('linear', [reshape(apply('mul', [u, part]), [2, 3]), w, bias])
  return [layer, apply('add', [part, apply('mul', [u, density])])]
}

export function geluAndParts(): readonly Node[] {
  const whole = gelu(x)
  return [whole, ...(whole.inputs[0]?.inputs ?? [])]
}

export function scaledLayerAndLayer(): readonly Node[] {
  const layer = apply('linear', [x, w, bias])
  return [scaled(layer, 2), layer]
}

export function reordered(): Node {
  return matmul(x, w, { transposeB: false, transposeA: false })
}

export function twice(use: (product: Node) => Node): readonly Node[] {
  const product = matmul(x, w)
  return [use(product), product]
}

export function full4(value: number): Node {
  return fill(value, { shape: [2, 4], dtype: 'float32' })
}

export const heads = (node: Node): Node => transpose(reshape(node, [2, 3, 2, 4]), [0, 2, 1, 3])

export const deep = (node: Node): Node => reshape(node, [1, ...node.shape])
