/** Kernels that compute each element by itself. */
import { apply, fill, type Node, scalar } from '../graph/ir.ts'
import type { BinaryOp, UnaryOp } from '../graph/ops.ts'
import { type Lowering, one } from './lowering.ts'
import type { Info } from './recorder.ts'

/** `node` in a dtype; the same node where it has it already. */
export const as = (node: Node, dtype: Node['dtype']): Node =>
  node.dtype === dtype ? node : apply('cast', [node], { dtype })

/** Operations that the runtime has for whole numbers too. */
const wholeOps: ReadonlySet<UnaryOp> = new Set<UnaryOp>(['abs', 'neg', 'relu'])

/** `a` where `condition` holds, `b` elsewhere; the runtime chooses between numbers only. */
export const choose = (condition: Node, a: Node, b: Node): Node =>
  a.dtype === 'bool'
    ? as(apply('select', [condition, as(a, 'int32'), as(b, 'int32')]), 'bool')
    : apply('select', [condition, a, b])

/** -1, 0 or 1, and 0 of NaN. */
function sign(x: Node): Node {
  const zero = scalar(0, x.dtype)
  const is = (op: BinaryOp) => as(apply(op, [x, zero]), x.dtype)
  return apply('sub', [is('greater'), is('less')])
}

const unary = (op: UnaryOp): Lowering =>
  one(({ node }) => {
    const x = node('x')
    return apply(op, [x.dtype === 'int32' && !wholeOps.has(op) ? as(x, 'float32') : x])
  })

/** Whole numbers are as they are. */
const rounding = (op: UnaryOp): Lowering =>
  one(({ node }) => (node('x').dtype === 'int32' ? node('x') : apply(op, [node('x')])))

const binary = (op: BinaryOp): Lowering => one(({ node }) => apply(op, [node('a'), node('b')]))

/** The runtime compares numbers only. */
const ordering = (op: BinaryOp): Lowering =>
  one(({ node }) =>
    apply(
      op,
      [node('a'), node('b')].map(x => (x.dtype === 'bool' ? as(x, 'int32') : x)),
    ),
  )

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

function castFill(value: number, dtype: Node['dtype']): number {
  if (dtype === 'bool') return Number(value !== 0)
  return dtype === 'int32' ? (Int32Array.of(value)[0] ?? 0) : value
}

export const elementwiseKernels: Readonly<Record<string, Lowering>> = {
  Abs: unary('abs'),
  Ceil: rounding('ceil'),
  Cos: unary('cos'),
  Erf: unary('erf'),
  Exp: unary('exp'),
  Expm1: one(({ node }) => expm1(as(node('x'), 'float32'))),
  Floor: rounding('floor'),
  IsNan: one(({ node }) => apply('not', [apply('equal', [node('x'), node('x')])])),
  Log: unary('log'),
  Log1p: one(({ node }) => log1p(as(node('x'), 'float32'))),
  LogicalNot: unary('not'),
  Neg: unary('neg'),
  Reciprocal: unary('reciprocal'),
  Relu: unary('relu'),
  Round: rounding('round'),
  Rsqrt: one(({ node }) => apply('reciprocal', [apply('sqrt', [as(node('x'), 'float32')])])),
  Sigmoid: unary('sigmoid'),
  Sign: one(({ node }) => sign(node('x'))),
  Sin: unary('sin'),
  Softplus: unary('softplus'),
  Sqrt: unary('sqrt'),
  Square: one(({ node }) => apply('mul', [node('x'), node('x')])),
  Step: one(({ node, attrs }) => step(node('x'), Number(attrs.alpha ?? 0))),
  Tanh: unary('tanh'),
  Add: binary('add'),
  Maximum: binary('max'),
  Minimum: binary('min'),
  Mod: one(({ node }) => floorMod(node('a'), node('b'))),
  Multiply: binary('mul'),
  Pow: one(({ node }) => power(node('a'), node('b'))),
  RealDiv: binary('div'),
  FloorDiv: one(({ node }) => floorDiv(node('a'), node('b'))),
  Sub: binary('sub'),
  SquaredDifference: one(({ node }) => {
    const difference = apply('sub', [node('a'), node('b')])
    return apply('mul', [difference, difference])
  }),
  Equal: binary('equal'),
  NotEqual: one(({ node }) => apply('not', [apply('equal', [node('a'), node('b')])])),
  Greater: ordering('greater'),
  GreaterEqual: ordering('greaterEqual'),
  Less: ordering('less'),
  LessEqual: ordering('lessEqual'),
  LogicalAnd: binary('and'),
  LogicalOr: binary('or'),
  AddN: one(({ recorder, inputs }) => {
    const [first, ...rest] = Object.values(inputs).map(info => recorder.node(info as Info))
    if (first === undefined) throw new Error('addN needs at least one tensor')
    return rest.reduce((sum, node) => apply('add', [sum, node]), first)
  }),
  Cast: one(({ node, attrs }) => {
    const x = node('x')
    const dtype = attrs.dtype as Node['dtype']
    return x.op === 'fill' ? fill(castFill(x.value, dtype), { shape: x.shape, dtype }) : as(x, dtype)
  }),
  ClipByValue: one(({ node, attrs }) => {
    const x = node('x')
    const bound = (name: string) => scalar(castFill(Number(attrs[name]), x.dtype), x.dtype)
    return apply('min', [apply('max', [x, bound('clipValueMin')]), bound('clipValueMax')])
  }),
  Select: one(({ node }) => choose(node('condition'), node('t'), node('e'))),
}
