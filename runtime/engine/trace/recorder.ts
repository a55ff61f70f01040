/** A tfjs backend that computes nothing: its kernels add nodes to a graph. */

import { apply, constant, fill, type Node } from '../graph/ir.ts'
import { type DType, type Elements, sameShape } from '../graph/types.ts'
import { tf } from '../tfjs.ts'

/** Name of the backend. */
export const recorderName = 'terroir-recorder'

interface RecordedTensor {
  readonly node: Node
  references: number
}

/** A tensor as kernels see it. */
export interface Info {
  readonly dataId: object
  readonly shape: number[]
  readonly dtype: tf.DataType
}

/** tfjs dtypes that a graph holds; throws for strings and complex numbers. */
export function graphDType(dtype: tf.DataType): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new Error(`Tensors of dtype '${dtype}' cannot be compiled; use float32, int32 or bool`)
}

function elementsOf(values: ArrayLike<number>, dtype: DType): Elements {
  if (dtype === 'float32') return Float32Array.from(values)
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values)
}

function nodeOf(values: ArrayLike<number>, shape: readonly number[], dtype: DType): Node {
  const elements = elementsOf(values, dtype)
  const first = elements[0] ?? 0
  const uniform = elements.length > 0 && elements.every(value => Object.is(value, first))
  return uniform ? fill(first, { shape, dtype }) : constant(elements, { shape, dtype })
}

/** State of the step that is being recorded. */
interface StepState {
  /** Variables made outside the step, by the data that they had when it began. */
  readonly outside: ReadonlyMap<object, tf.Variable>
  /** Data that the kernels of the step made. */
  readonly made: Set<object>
  /** The first error that tfjs hides. */
  fault: unknown
}

/** The backend; a class, because tfjs requires one. The nodes of the graph are stored by the data of the tensors. */
export class GraphRecorder extends tf.KernelBackend {
  private readonly entries = new tf.DataStorage<RecordedTensor>(this, tf.engine())
  private step: StepState | undefined
  /** Data of tensors that are used after their step, such as one in a variable of the caller. */
  private readonly stale = new WeakSet<object>()

  /** Begins a step, which must not use these variables. */
  begin(variables: Iterable<tf.Variable>): void {
    const outside = new Map(Array.from(variables, variable => [variable.dataId, variable]))
    this.step = { outside, made: new Set(), fault: undefined }
  }

  /** Throws where the step read a value without waiting for it, or assigned to a variable from outside. */
  check(): void {
    if (this.step?.fault !== undefined) throw this.step.fault
    for (const [dataId, variable] of this.step?.outside ?? [])
      if (variable.dataId !== dataId)
        throw new Error(
          `A jit step assigns to the variable '${variable.name}', which was made outside it; return the new value from the step instead`,
        )
  }

  /** Ends a step and drops the data that it made. */
  end(): void {
    for (const dataId of this.step?.made ?? []) {
      this.stale.add(dataId)
      this.entries.delete(dataId)
    }
    this.step = undefined
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: object,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const node = nodeOf(values as ArrayLike<number>, shape, graphDType(dtype))
    this.entries.set(dataId, { node, references })
  }

  /** Wraps a node as the result of a kernel. */
  record(node: Node): Info {
    const dataId = {}
    this.entries.set(dataId, { node, references: 1 })
    this.step?.made.add(dataId)
    return { dataId, shape: [...node.shape], dtype: node.dtype }
  }

  /** The node behind a tensor, in the tensor's own shape. */
  node(info: Info): Node {
    if (this.stale.has(info.dataId))
      throw new Error(
        'A jit step uses a tensor that another step made; return the tensor from the one and pass it in to the other',
      )
    const variable = this.step?.outside.get(info.dataId)
    if (variable !== undefined)
      throw new Error(
        `A jit step uses the variable '${variable.name}', which was made outside it and would keep the value that it has now; pass it in as an input`,
      )
    const { node } = this.entries.get(info.dataId)
    if (sameShape(node.shape, info.shape)) return node
    if (node.op === 'fill') return fill(node.value, { shape: info.shape, dtype: node.dtype })
    return apply('reshape', [node], { shape: info.shape })
  }

  /** Another tensor with the same elements. */
  alias(info: Info, shape: number[]): Info {
    this.incRef(info.dataId)
    return { dataId: info.dataId, shape, dtype: info.dtype }
  }

  override readSync(dataId: object): Elements {
    const { node } = this.entries.get(dataId)
    if (node.op === 'constant') return node.data
    if (node.op === 'fill')
      return elementsOf(new Array(node.shape.reduce((a, b) => a * b, 1)).fill(node.value), node.dtype)
    throw new Error(
      'A jit step reads the value of a tensor, which exists only when the compiled step runs; return the tensor from the step and read it there, or pass the value in as an input',
    )
  }

  /** Keeps the error for `check`: in a step, which is not async, nothing handles a rejected promise. */
  override read(dataId: object): Promise<Elements> {
    try {
      return Promise.resolve(this.readSync(dataId))
    } catch (error) {
      if (this.step === undefined) throw error
      this.step.fault ??= error
      return new Promise(() => {})
    }
  }

  override incRef(dataId: object): void {
    this.entries.get(dataId).references++
  }

  override refCount(dataId: object): number {
    return this.entries.has(dataId) ? this.entries.get(dataId).references : 0
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.entries.has(dataId)) return true
    const entry = this.entries.get(dataId)
    entry.references--
    if (!force && entry.references > 0) return false
    this.entries.delete(dataId)
    return true
  }

  override numDataIds(): number {
    return this.entries.numDataIds()
  }

  override floatPrecision(): 32 {
    return 32
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override dispose(): void {}
}
