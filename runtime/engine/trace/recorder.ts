/** A tfjs backend that computes nothing: its kernels grow a graph. */

import { apply, constant, type Elements, fill, type Node, sameShape } from '../graph/ir.ts'
import type { DType } from '../graph/ops.ts'
import { tf } from '../tfjs.ts'

export const recorderName = 'terroir-recorder'

interface Entry {
  readonly node: Node
  references: number
}

/** A kernel's view of a tensor. */
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

/** Extends tfjs' own class because tfjs asks for one; the graph lives in the tensors' entries. */
export class Recorder extends tf.KernelBackend {
  private readonly entries = new tf.DataStorage<Entry>(this, tf.engine())

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
    return { dataId, shape: [...node.shape], dtype: node.dtype }
  }

  /** The node behind a tensor, in the tensor's own shape. */
  node(info: Info): Node {
    const { node } = this.entries.get(info.dataId)
    if (sameShape(node.shape, info.shape)) return node
    if (node.op === 'fill') return fill(node.value, { shape: info.shape, dtype: node.dtype })
    return apply('reshape', [node], { shape: info.shape })
  }

  /** Another tensor on the same elements. */
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

  override read(dataId: object): Promise<Elements> {
    return Promise.resolve(this.readSync(dataId))
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
