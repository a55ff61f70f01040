/** The closed set of operations and their attributes. */

export type DType = 'float32' | 'int32' | 'bool'

export interface TensorType {
  readonly shape: readonly number[]
  readonly dtype: DType
}

/** Elementwise on one operand; result of the same shape. */
export const unaryOps = [
  'neg',
  'exp',
  'log',
  'sqrt',
  'reciprocal',
  'erf',
  'abs',
  'tanh',
  'sigmoid',
  'relu',
  'softplus',
  'floor',
  'ceil',
  'round',
  'sin',
  'cos',
  'not',
  'gelu',
  'quickGelu',
] as const

/** Elementwise on two operands with numpy broadcasting. */
export const arithmeticOps = ['add', 'sub', 'mul', 'div', 'pow', 'max', 'min', 'mod'] as const
export const comparisonOps = ['equal', 'less', 'lessEqual', 'greater', 'greaterEqual', 'and', 'or'] as const

/** Over `axes`; `keep` leaves sides of one. */
export const reduceOps = ['sum', 'mean', 'maxOf', 'minOf', 'prod'] as const

export const otherOps = [
  'select', // condition, then, else; broadcast
  'cast', // to `dtype`
  'reshape', // to `shape`
  'broadcast', // to `shape`
  'transpose', // by `perm`
  'slice', // `starts`, `sizes`, `strides`
  'concat', // along `axis`
  'pad', // `before`, `after`, `value`
  'tile', // `repeats`
  'matmul', // [..., n, k] x [..., k, m] with `transposeA`, `transposeB`, `alpha`
  'linear', // [n, k] x [k, m] + [m], with `transposeA`, `transposeB`
  'gather', // rows of the first operand along `axis`
  'scatterAdd', // sums updates [n, ...] into `rows` rows by indices [n]; repeated indices add up
  'oneHot', // `depth` new last side, `on`, `off`
  'softmax', // over the last side
  'layerNorm', // x, gain, bias over the last side, `epsilon`
  'normal', // x over the last side less its mean, over its deviation, `epsilon`
  'inverseDeviation', // of the last side, which becomes one, `epsilon`
  'argMax', // int32 index along `axis`
  'cumsum', // along `axis`, `exclusive`, `reverse`
  'after', // the first operand, once the others have been computed; a `hint` saves time on CPUs alone
] as const

export type UnaryOp = (typeof unaryOps)[number]
export type BinaryOp = (typeof arithmeticOps)[number] | (typeof comparisonOps)[number]
export type ReduceOp = (typeof reduceOps)[number]
export type Op = UnaryOp | BinaryOp | ReduceOp | (typeof otherOps)[number]

export type Attribute = number | boolean | string | readonly number[]
export type Attributes = { readonly [name: string]: Attribute }

const groups = {
  unary: new Set<string>(unaryOps),
  arithmetic: new Set<string>(arithmeticOps),
  comparison: new Set<string>(comparisonOps),
  reduce: new Set<string>(reduceOps),
}

export const isUnary = (op: string): op is UnaryOp => groups.unary.has(op)
export const isArithmetic = (op: string): op is BinaryOp => groups.arithmetic.has(op)
export const isComparison = (op: string): op is BinaryOp => groups.comparison.has(op)
export const isBinary = (op: string): op is BinaryOp => isArithmetic(op) || isComparison(op)
export const isReduce = (op: string): op is ReduceOp => groups.reduce.has(op)

/** A list attribute; throws where it is missing. */
export function listOf(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name]
  if (!Array.isArray(value)) throw new Error(`Attribute '${name}' is not a list of numbers`)
  return value
}

/** A number attribute; throws where it is missing. */
export function numberOf(attributes: Attributes, name: string): number {
  const value = attributes[name]
  if (typeof value !== 'number') throw new Error(`Attribute '${name}' is not a number`)
  return value
}

export const flagOf = (attributes: Attributes, name: string): boolean => attributes[name] === true

/** The `dtype` attribute; throws where it names none. */
export function dtypeOf(attributes: Attributes): DType {
  const value = attributes.dtype
  if (value === 'float32' || value === 'int32' || value === 'bool') return value
  throw new Error(`Attribute 'dtype' is ${value}, not float32, int32 or bool`)
}
