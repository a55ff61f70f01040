/** Kernels of tfjs that compute each element by itself by several operators. */
import { apply, fill, type Node, scalar } from '../graph/ir.ts'
import { castNumber } from '../operators/cast.ts'
import { nameOf, type Op } from '../operators/lookup.ts'
import type { ValueBuilder } from '../operators/operator.ts'
import { type Lowering, nodesOf, one } from './lowering.ts'

/** `node` in a dtype; the same node where it has it already. */
export const as = (node: Node, dtype: Node['dtype']): Node =>
  node.dtype === dtype ? node : apply('cast', [node], { dtype })

/** Makes nodes for operators, which do not know the graph. */
export const nodeBuilder: ValueBuilder<Node> = {
  apply: (operator, operands, attributes) => apply(nameOf(operator), operands, attributes),
  cast: as,
  fill,
  uniform: node => (node.op === 'fill' ? node.value : undefined),
}

/** -1, 0 or 1, and 0 of NaN. */
function sign(x: Node): Node {
  const zero = scalar(0, x.dtype)
  const is = (op: Op) => as(apply(op, [x, zero]), x.dtype)
  return apply('sub', [is('greater'), is('less')])
}

const isZero = (x: Node): Node => apply('equal', [x, scalar(0, x.dtype)])

/** `b` with one in place of zero: whole division by zero stops the runtime. */
function divisor(b: Node): Node {
  if (b.op === 'fill' && b.value !== 0) return b
  return apply('select', [isZero(b), scalar(1, b.dtype), b])
}

/** Rounds towards negative infinity; int32 as tfjs gives it for every dtype, 0 for whole division by zero. */
function floorDiv(a: Node, b: Node): Node {
  if (a.dtype === 'float32') return as(apply('floor', [apply('div', [a, b])]), 'int32')
  const by = divisor(b)
  const quotient = apply('div', [apply('sub', [a, apply('mod', [a, by])]), by])
  return by === b ? quotient : apply('select', [isZero(b), scalar(0, 'int32'), quotient])
}

/** Remainder with the sign of the divisor. The runtime's is so for int32, and has the dividend's sign for float32. */
function floorMod(a: Node, b: Node): Node {
  if (a.dtype === 'int32') return apply('mod', [a, divisor(b)])
  const zero = scalar(0)
  const rest = apply('mod', [a, b])
  const sameSign = apply('equal', [apply('less', [a, zero]), apply('less', [b, zero])])
  return apply('select', [sameSign, rest, apply('mod', [apply('add', [rest, b]), b])])
}

/** Whole powers by float32, exact below 2^24: onnxruntime's WebGPU has none of int32. */
function power(base: Node, exponent: Node): Node {
  if (base.dtype === 'float32') return apply('pow', [base, exponent])
  return as(apply('round', [apply('pow', [as(base, 'float32'), as(exponent, 'float32')])]), 'int32')
}

/** log(1 + x), which for small x must not lose x in the sum: log(s) * x / (s - 1) with s = 1 + x as it was rounded. */
function log1p(x: Node): Node {
  const sum = apply('add', [x, scalar(1)])
  const kept = apply('sub', [sum, scalar(1)])
  const log = apply('log', [sum])
  const corrected = apply('mul', [log, apply('div', [x, kept])])
  return apply('select', [isZero(kept), x, apply('select', [apply('equal', [kept, x]), log, corrected])])
}

/** exp(x) - 1 as tanh(x / 2) * (exp(x) + 1), which is exact for small x too. */
function expm1(x: Node): Node {
  const half = apply('mul', [x, scalar(0.5)])
  return apply('mul', [apply('tanh', [half]), apply('add', [apply('exp', [x]), scalar(1)])])
}

/** 1 above zero, `alpha` below, NaN of NaN. */
function step(x: Node, alpha: number): Node {
  const [zero, one, low] = [scalar(0, x.dtype), scalar(1, x.dtype), scalar(Math.fround(alpha), x.dtype)]
  const belowOrNan = x.dtype === 'int32' ? low : apply('select', [apply('lessEqual', [x, zero]), low, x])
  return apply('select', [apply('greater', [x, zero]), one, belowOrNan])
}

export const elementwiseKernels: Readonly<Record<string, Lowering>> = {
  Expm1: one(({ node }) => expm1(as(node('x'), 'float32'))),
  IsNan: one(({ node }) => apply('not', [apply('equal', [node('x'), node('x')])])),
  Log1p: one(({ node }) => log1p(as(node('x'), 'float32'))),
  Rsqrt: one(({ node }) => apply('reciprocal', [apply('sqrt', [as(node('x'), 'float32')])])),
  Sign: one(({ node }) => sign(node('x'))),
  Square: one(({ node }) => apply('mul', [node('x'), node('x')])),
  Step: one(({ node, attrs }) => step(node('x'), Number(attrs.alpha ?? 0))),
  Mod: one(({ node }) => floorMod(node('a'), node('b'))),
  Pow: one(({ node }) => power(node('a'), node('b'))),
  FloorDiv: one(({ node }) => floorDiv(node('a'), node('b'))),
  SquaredDifference: one(({ node }) => {
    const difference = apply('sub', [node('a'), node('b')])
    return apply('mul', [difference, difference])
  }),
  NotEqual: one(({ node }) => apply('not', [apply('equal', [node('a'), node('b')])])),
  AddN: one(call => {
    const [first, ...rest] = nodesOf(call)
    if (first === undefined) throw new Error('addN needs at least one tensor')
    return rest.reduce((sum, node) => apply('add', [sum, node]), first)
  }),
  ClipByValue: one(({ node, attrs }) => {
    const x = node('x')
    const bound = (name: string) => scalar(castNumber(Number(attrs[name]), x.dtype), x.dtype)
    return apply('min', [apply('max', [x, bound('clipValueMin')]), bound('clipValueMax')])
  }),
}
