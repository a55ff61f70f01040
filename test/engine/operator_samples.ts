/** One call of each operator, with the result and the cost that its definition gives. */
import type { Attributes } from '../../runtime/engine/graph/types.ts'
import { floats, type HostArray, hostArray, ints } from '../../runtime/engine/mod.ts'
import type { Op } from '../../runtime/engine/operators/lookup.ts'

/** Operands, attributes, and what comes of them. */
export interface OperatorSample {
  readonly inputs: readonly HostArray[]
  readonly attributes: Attributes
  /** Elements of the result in their order. */
  readonly expected: readonly number[]
  /** Floating-point operations, counted by hand. */
  readonly flops: number
}

const f = (values: readonly number[], ...shape: readonly number[]): HostArray =>
  floats(Float32Array.from(values), shape)
const i = (values: readonly number[], ...shape: readonly number[]): HostArray => ints(Int32Array.from(values), shape)
const b = (values: readonly number[], ...shape: readonly number[]): HostArray =>
  hostArray(Uint8Array.from(values), { shape, dtype: 'bool' })

const sample = (
  inputs: readonly HostArray[],
  attributes: Attributes,
  expected: readonly number[],
  flops = 0,
): OperatorSample => ({ inputs, attributes, expected, flops })

const mixed = [-1.5, 0.5, 2, -0.25]
const positive = [0.25, 4, 2, 1]

const unary = (of: (x: number) => number, { values = mixed, each = 1 } = {}): OperatorSample =>
  sample([f(values, 2, 2)], {}, values.map(of), 4 * each)

const [left, right] = [
  [3, -2, 0.5, 1],
  [0.5, 4],
]

const arithmetic = (of: (x: number, y: number) => number): OperatorSample =>
  sample([f(left, 2, 2), f(right, 2)], {}, pairs(of), 4)

const comparison = (of: (x: number, y: number) => boolean): OperatorSample =>
  sample(
    [f(left, 2, 2), f(right, 2)],
    {},
    pairs((x, y) => Number(of(x, y))),
    4,
  )

const logic = (expected: readonly number[]): OperatorSample =>
  sample([b([0, 0, 1, 1], 2, 2), b([0, 1], 2)], {}, expected, 4)

const pairs = (of: (x: number, y: number) => number): readonly number[] =>
  left.map((x, at) => of(x, right[at % 2] ?? 0))

const six = [1, 2, 3, -4, 5, 6]
const reduction = (expected: readonly number[]): OperatorSample =>
  sample([f(six, 2, 3)], { axes: [1], keep: true }, expected, 6)

/** erf by its series, exact to 1e-7 for small x. */
function erf(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 30; n++) {
    term *= -(x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** Rows of two whose mean and deviation are known: deviations 1 and 2. */
const twoRows = [2, 4, 3, 7]
const epsilon = 0.25
const inverse = [1, 2].map(deviation => 1 / Math.sqrt(deviation ** 2 + epsilon))
const standard = twoRows.map((x, at) => (x - (at < 2 ? 3 : 5)) * (inverse[at < 2 ? 0 : 1] ?? 0))

/** A sample for every operator; a missing one does not compile. */
export const operatorSamples: Readonly<Record<Op, OperatorSample>> = {
  neg: unary(x => -x),
  exp: unary(Math.exp),
  log: unary(Math.log, { values: positive }),
  sqrt: unary(Math.sqrt, { values: positive }),
  reciprocal: unary(x => 1 / x),
  erf: unary(erf),
  abs: unary(Math.abs),
  tanh: unary(Math.tanh),
  sigmoid: unary(sigmoid),
  relu: unary(x => Math.max(0, x)),
  softplus: unary(x => Math.log1p(Math.exp(x))),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(x => [-2, 0, 2, 0][mixed.indexOf(x)] ?? Number.NaN),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  not: sample([b([0, 1, 1, 0], 2, 2)], {}, [1, 0, 0, 1], 4),
  gelu: unary(x => (x / 2) * (1 + erf(x / Math.SQRT2)), { each: 5 }),
  quickGelu: unary(x => x * sigmoid(1.702 * x), { each: 5 }),
  add: arithmetic((x, y) => x + y),
  sub: arithmetic((x, y) => x - y),
  mul: arithmetic((x, y) => x * y),
  div: arithmetic((x, y) => x / y),
  pow: sample([f([2, 3, 0.5, 1], 2, 2), f([2, -1], 2)], {}, [4, 1 / 3, 0.25, 1], 4),
  max: arithmetic(Math.max),
  min: arithmetic(Math.min),
  // The remainder has the sign of the dividend.
  mod: sample([f([5, -5, 5.5, 3], 2, 2), f([3, 3], 2)], {}, [2, -2, 2.5, 0], 4),
  equal: sample([i([1, 2, 3, 2], 2, 2), i([1, 2], 2)], {}, [1, 1, 0, 1], 4),
  less: comparison((x, y) => x < y),
  lessEqual: comparison((x, y) => x <= y),
  greater: comparison((x, y) => x > y),
  greaterEqual: comparison((x, y) => x >= y),
  and: logic([0, 0, 0, 1]),
  or: logic([0, 1, 1, 1]),
  sum: reduction([6, 7]),
  mean: reduction([2, 7 / 3]),
  maxOf: reduction([3, 6]),
  minOf: reduction([1, -4]),
  prod: reduction([6, -120]),
  select: sample([b([1, 0], 2, 1), f([1, 2, 3, 4], 2, 2), f([9, 8], 2)], {}, [1, 2, 9, 8]),
  cast: sample([f([1.75, -1.75, 0, 3], 2, 2)], { dtype: 'int32' }, [1, -1, 0, 3]),
  reshape: sample([f(six, 2, 3)], { shape: [2, 1, 3] }, six),
  broadcast: sample([f([1, 2], 2, 1)], { shape: [2, 3] }, [1, 1, 1, 2, 2, 2]),
  transpose: sample([f([1, 2, 3, 4, 5, 6, 7, 8], 2, 2, 2)], { perm: [0, 2, 1] }, [1, 3, 2, 4, 5, 7, 6, 8]),
  slice: sample([f(six, 2, 3)], { starts: [0, 0], sizes: [2, 2], strides: [1, 2] }, [1, 3, -4, 6]),
  concat: sample([f(six, 2, 3), f([8, 9], 2, 1)], { axis: 1 }, [1, 2, 3, 8, -4, 5, 6, 9]),
  pad: sample([f([1, 2], 2, 1)], { before: [0, 1], after: [0, 2], value: 7 }, [7, 1, 7, 7, 7, 2, 7, 7]),
  tile: sample([f([1, 2, 3, 4], 2, 2)], { repeats: [1, 2] }, [1, 2, 1, 2, 3, 4, 3, 4]),
  matmul: sample([f(six, 2, 3), f([1, 0, 2, 1, 1, 1], 2, 3)], { transposeB: true, alpha: 2 }, [14, 12, 16, 14], 24),
  linear: sample([f(six, 2, 3), f([1, 0, 2, 1, 1, 1], 3, 2), f([10, 20], 2)], {}, [18, 25, 22, 31], 28),
  gather: sample([f(six, 2, 3), i([2, 0], 2)], { axis: 1 }, [3, 1, 6, -4]),
  scatterAdd: sample([f(six, 3, 2), i([3, 0, 3], 3)], { rows: 4 }, [3, -4, 0, 0, 0, 0, 6, 8], 6),
  oneHot: sample([i([2, 0], 2)], { depth: 3, on: 5, off: -1, dtype: 'float32' }, [-1, -1, 5, 5, -1, -1]),
  softmax: sample([f([0, Math.log(3), 0, 0], 2, 2)], {}, [0.25, 0.75, 0.5, 0.5], 20),
  layerNorm: sample(
    [f(twoRows, 2, 2), f([2, 3], 2), f([10, 20], 2)],
    { epsilon },
    standard.map((x, at) => x * (at % 2 === 0 ? 2 : 3) + (at % 2 === 0 ? 10 : 20)),
    32,
  ),
  standardize: sample([f(twoRows, 2, 2)], { epsilon }, standard, 24),
  inverseDeviation: sample([f(twoRows, 2, 2)], { epsilon }, inverse, 4),
  argMax: sample([f([1, 5, 5, 7, -2, 0], 2, 3)], { axis: 1 }, [1, 0], 6),
  cumsum: sample([f(six, 2, 3)], { axis: 1, exclusive: true, reverse: true }, [5, 3, 0, 11, 6, 0], 6),
  controlDependency: sample([f(mixed, 2, 2), f([1], 1)], {}, mixed),
}
