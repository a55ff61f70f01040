/** The contract of an operator: all that the engine knows of it. `registry.ts` lists the operators. */
import type { Attributes, DType, TensorType } from '../graph/types.ts'
import type { Emitter } from '../onnx/emitter.ts'
import type { tf } from '../tfjs.ts'

/** The relation of positions of the result to positions of the operands, as far as passes use it. */
export type Family =
  /** Elementwise on one operand; result of the same shape. */
  | 'unary'
  /** Elementwise on two operands with numpy broadcasting. */
  | 'arithmetic'
  /** As `arithmetic`; the result is bool. */
  | 'comparison'
  /** Elementwise on broadcast operands of any number. */
  | 'elementwise'
  /** Over `axes`; `keep` leaves sides of one. */
  | 'reduction'
  /** Mixes the elements of the last side of the first operand; the other operands have only that side. */
  | 'lastSide'
  /** Matrix products of the first two operands, with `transposeA`, `transposeB` and `alpha`. */
  | 'product'
  | 'reshape'
  | 'transpose'
  | 'other'

/** A node as its operator sees it: types of the operands and of the result. */
export interface Application extends TensorType {
  readonly inputs: readonly TensorType[]
  readonly attributes: Attributes
}

/**
 * The part of an operand that rows of the result need: the same rows of its first side, or all of it. Absent where the
 * operator mixes rows.
 */
export type RowAccess = 'rows' | 'whole' | undefined

/** An operator of the graph. */
export interface Operator {
  readonly family: Family
  /** Result type; throws a clause that says why operands or attributes do not fit. */
  readonly infer: (inputs: readonly TensorType[], attributes: Attributes) => TensorType
  /** Floating-point operations; a multiplication with its addition counts as two, an exponential as one. */
  readonly flops: (node: Application) => number
  /**
   * A `view` shares the memory of the first operand; a `part` reads of it as many bytes as the result has.
   * @default every operand is read once and the result written
   */
  readonly memory?: 'view' | 'part'
  /** The need of operand `k` for some rows of the result. */
  readonly rows: (node: Application, k: number) => RowAccess
  /** Name of the attribute that holds the shape of the result. */
  readonly shapeAttribute?: 'shape' | 'sizes'
  /**
   * Zeros of the operands that are zeros of the result, or add nothing to it: of `each` operand by itself, of the `first`
   * alone, or of all operands `jointly`.
   * @default none
   */
  readonly linearIn?: 'each' | 'first' | 'jointly'
  /** Writes ONNX operators on the named operands; returns the name of the result. */
  readonly emit: (node: Application, operands: readonly string[], emitter: Emitter) => string
  /** Kernels of tfjs, by their names, that are this operator but for conversions of dtypes and attributes. */
  readonly kernels?: Readonly<Record<string, Kernel>>
}

/** Makes values of a graph under construction. */
export interface ValueBuilder<Value extends TensorType> {
  readonly apply: (operator: Operator, operands: readonly Value[], attributes?: Attributes) => Value
  /** The value in a dtype; the same value where it has it already. */
  readonly cast: (value: Value, dtype: DType) => Value
  /** One number in every element. */
  readonly fill: (value: number, type: TensorType) => Value
  /** The number in every element, where the value is made by `fill`. */
  readonly uniform: (value: Value) => number | undefined
}

/** A call of a tfjs kernel. */
export interface KernelCall<Value extends TensorType> extends ValueBuilder<Value> {
  /** tfjs, which operators do not load themselves. */
  readonly tf: typeof tf
  /** Attributes as tfjs passes them. */
  readonly attrs: tf.NamedAttrMap
  /** The input of this name; throws where tfjs passed none. */
  readonly input: (name: string) => Value
  /** All inputs in their order. */
  readonly inputs: () => readonly Value[]
}

/** The lowering of a tfjs kernel to one value. */
export type Kernel = <Value extends TensorType>(call: KernelCall<Value>) => Value
