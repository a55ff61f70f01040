/** Algebraic simplification and constant folding of fills. */

import { isBinary, isComparison, isReduction, isUnary } from '../../operators/lookup.ts'
import { type ApplyNode, apply, fill, type Graph, isApply, type Node, scalar } from '../ir.ts'
import { flagOf, listOf, sameShape, sizeOf } from '../types.ts'
import { isFill, reshaped, rewrite } from './rewrite.ts'

const f = Math.fround

/** Tests if a number is normal in float32: not zero, infinite, NaN or subnormal. */
const isNormal = (value: number): boolean => Math.abs(value) >= 2 ** -126 && Number.isFinite(value)

/** Float32 results of operations on two equal-dtype fills. */
const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => f(a + b),
  sub: (a, b) => f(a - b),
  mul: (a, b) => f(a * b),
  div: (a, b) => f(a / b),
  max: Math.max,
  min: Math.min,
}

const unary: Readonly<Record<string, (a: number) => number>> = {
  neg: a => -a,
  exp: a => f(Math.exp(a)),
  log: a => f(Math.log(a)),
  sqrt: a => f(Math.sqrt(a)),
  reciprocal: a => f(1 / a),
  abs: Math.abs,
}

/** `x` in the shape and dtype of `like`, which it broadcasts to. */
function spread(x: Node, like: Node): Node {
  if (sameShape(x.shape, like.shape)) return x
  if (isFill(x)) return fill(x.value, like)
  return apply('broadcast', [x], { shape: like.shape })
}

function simplifyBinary(node: ApplyNode): Node {
  const [a, b] = node.inputs
  if (a === undefined || b === undefined) return node
  const fold = arithmetic[node.op]
  if (fold && isFill(a) && isFill(b) && node.dtype === 'float32') return fill(fold(a.value, b.value), node)
  const is = (operand: Node, value: number) => isFill(operand) && operand.value === value
  if (node.op === 'mul' && is(a, 1)) return spread(b, node)
  if ((node.op === 'mul' || node.op === 'div') && is(b, 1)) return spread(a, node)
  if (node.op === 'add' && is(a, 0)) return spread(b, node)
  if ((node.op === 'add' || node.op === 'sub') && is(b, 0)) return spread(a, node)
  if (node.op === 'div' && isFill(b) && node.dtype === 'float32' && isNormal(f(1 / b.value)))
    return simplifyBinary(apply('mul', [a, fill(f(1 / b.value), b)]))
  if (node.op === 'mul' && isFill(a) && !isFill(b)) return simplifyBinary(apply('mul', [b, a]))
  return joinFactors(node, a, b) ?? shrink(node, a, b)
}

/** Rewrites `x * c * d` to `x * (c * d)`, unless the product of the constants overflows or underflows. */
function joinFactors(node: ApplyNode, a: Node, b: Node): Node | undefined {
  if (node.op !== 'mul' || !isFill(b) || !isApply(a) || a.op !== 'mul') return undefined
  const [x, c] = a.inputs
  if (x === undefined || !isFill(c)) return undefined
  const product = node.dtype === 'float32' ? f(c.value * b.value) : Math.imul(c.value, b.value)
  if (node.dtype === 'float32' && !isNormal(product)) return undefined
  const joined = apply('mul', [x, scalar(product, node.dtype)])
  return sameShape(joined.shape, node.shape) ? joined : undefined
}

/** Removes broadcasts of operands that the operator broadcasts itself. */
function shrink(node: ApplyNode, a: Node, b: Node): Node {
  const narrow = (operand: Node): Node => {
    if (isFill(operand) && operand.shape.length > 0) return scalar(operand.value, operand.dtype)
    return isApply(operand) && operand.op === 'broadcast' ? (operand.inputs[0] ?? operand) : operand
  }
  for (const operands of [
    [narrow(a), narrow(b)],
    [narrow(a), b],
    [a, narrow(b)],
  ] as const) {
    if (operands[0] === a && operands[1] === b) continue
    const smaller = apply(node.op, operands, node.attributes)
    if (sameShape(smaller.shape, node.shape)) return smaller
  }
  return node
}

function simplifyReduce(node: ApplyNode): Node {
  const [x] = node.inputs
  if (x === undefined) return node
  const axes = listOf(node.attributes, 'axes')
  const count = sizeOf(axes.map(axis => x.shape[axis] ?? 1))
  if (isFill(x) && node.op === 'sum')
    return fill(node.dtype === 'float32' ? f(x.value * count) : Math.imul(x.value, count), node)
  if (isFill(x) && node.op !== 'prod' && count > 0) return fill(x.value, node)
  if (count === 1) return reshaped(x, node.shape)
  if (isApply(x) && x.op === node.op && !flagOf(node.attributes, 'keep') && flagOf(x.attributes, 'keep')) {
    const both = [...new Set([...axes, ...listOf(x.attributes, 'axes')])].sort((p, q) => p - q)
    const source = x.inputs[0]
    const joined = source && apply(node.op, [source], { axes: both, keep: false })
    if (joined && sameShape(joined.shape, node.shape)) return joined
  }
  return node
}

function simplifyTranspose(node: ApplyNode): Node {
  const [x] = node.inputs
  const perm = listOf(node.attributes, 'perm')
  if (x === undefined) return node
  if (isFill(x)) return fill(x.value, node)
  const moved = perm.filter(axis => x.shape[axis] !== 1)
  if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] ?? -1))) return reshaped(x, node.shape)
  if (isApply(x) && x.op === 'transpose' && x.inputs[0]) {
    const inner = listOf(x.attributes, 'perm')
    return simplifyTranspose(apply('transpose', [x.inputs[0]], { perm: perm.map(axis => inner[axis] ?? 0) }))
  }
  return node
}

function rule(node: Node): Node {
  if (!isApply(node)) return node
  const [x] = node.inputs
  if (isUnary(node.op)) {
    const fold = unary[node.op]
    return fold && isFill(x) ? fill(fold(x.value), node) : node
  }
  if (isBinary(node.op)) return isComparison(node.op) ? node : simplifyBinary(node)
  if (isReduction(node.op)) return simplifyReduce(node)
  if (x === undefined) return node
  switch (node.op) {
    case 'reshape':
      return reshaped(x, node.shape)
    case 'transpose':
      return simplifyTranspose(node)
    case 'broadcast':
      return sameShape(x.shape, node.shape) ? x : isFill(x) ? fill(x.value, node) : node
    case 'slice':
    case 'tile':
      return isFill(x) ? fill(x.value, node) : sameShape(x.shape, node.shape) ? x : node
    case 'cast':
      return x.dtype === node.dtype ? x : node
    default:
      return node
  }
}

/** Simplifies every node once. */
export const simplify = (graph: Graph): Graph => rewrite(graph, rule)
