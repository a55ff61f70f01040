/** Shape and dtype of every operation. */
import {
  type Attributes,
  type DType,
  dtypeOf,
  flagOf,
  isArithmetic,
  isComparison,
  isReduce,
  isUnary,
  listOf,
  numberOf,
  type Op,
  type TensorType,
} from './ops.ts'

/** Shape after numpy broadcasting; throws where two sides differ and neither is one. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) throw new Error(`Shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

/** Result type of an operation; throws a sentence that names the operation and its operands where they do not fit. */
export function infer(op: Op, inputs: readonly TensorType[], attributes: Attributes): TensorType {
  try {
    return inferChecked(op, inputs, attributes)
  } catch (error) {
    const operands = inputs.map(type => `${type.dtype}[${type.shape}]`).join(', ')
    throw new Error(`${op}(${operands}): ${error instanceof Error ? error.message : error}`)
  }
}

function inferChecked(op: Op, inputs: readonly TensorType[], attributes: Attributes): TensorType {
  const at = (i: number): TensorType => {
    const type = inputs[i]
    if (type === undefined) throw new Error(`operand ${i + 1} is missing`)
    return type
  }
  if (isUnary(op)) return at(0)
  if (isArithmetic(op)) return { shape: broadcastShapes(at(0).shape, at(1).shape), dtype: sameDType(at(0), at(1)) }
  if (isComparison(op)) {
    sameDType(at(0), at(1))
    return { shape: broadcastShapes(at(0).shape, at(1).shape), dtype: 'bool' }
  }
  if (isReduce(op))
    return { shape: reduced(at(0).shape, listOf(attributes, 'axes'), flagOf(attributes, 'keep')), dtype: at(0).dtype }
  switch (op) {
    case 'select':
      return {
        shape: broadcastShapes(at(0).shape, broadcastShapes(at(1).shape, at(2).shape)),
        dtype: sameDType(at(1), at(2)),
      }
    case 'cast':
      return { shape: at(0).shape, dtype: dtypeOf(attributes) }
    case 'reshape': {
      const shape = listOf(attributes, 'shape')
      if (size(shape) !== size(at(0).shape)) throw new Error(`[${at(0).shape}] does not reshape to [${shape}]`)
      return { shape, dtype: at(0).dtype }
    }
    case 'broadcast': {
      const shape = listOf(attributes, 'shape')
      if (`${broadcastShapes(at(0).shape, shape)}` !== `${shape}`)
        throw new Error(`it does not broadcast to [${shape}]`)
      return { shape, dtype: at(0).dtype }
    }
    case 'transpose':
      return { shape: listOf(attributes, 'perm').map(axis => side(at(0), axis)), dtype: at(0).dtype }
    case 'slice':
      return { shape: sliced(at(0), attributes), dtype: at(0).dtype }
    case 'concat': {
      const axis = numberOf(attributes, 'axis')
      const total = inputs.reduce((sum, type) => sum + side(type, axis), 0)
      for (const { shape, dtype } of inputs) {
        if (dtype !== at(0).dtype) throw new Error(`dtypes ${at(0).dtype} and ${dtype} differ`)
        if (shape.length !== at(0).shape.length || shape.some((length, i) => i !== axis && length !== at(0).shape[i]))
          throw new Error(`[${at(0).shape}] and [${shape}] differ beside axis ${axis}`)
      }
      return { shape: at(0).shape.map((length, i) => (i === axis ? total : length)), dtype: at(0).dtype }
    }
    case 'pad': {
      const before = listOf(attributes, 'before')
      const after = listOf(attributes, 'after')
      return { shape: at(0).shape.map((length, i) => length + (before[i] ?? 0) + (after[i] ?? 0)), dtype: at(0).dtype }
    }
    case 'tile': {
      const repeats = listOf(attributes, 'repeats')
      return { shape: at(0).shape.map((length, i) => length * (repeats[i] ?? 1)), dtype: at(0).dtype }
    }
    case 'matmul':
      return { shape: product(at(0).shape, at(1).shape, attributes), dtype: sameDType(at(0), at(1)) }
    case 'linear': {
      const shape = product(at(0).shape, at(1).shape, attributes)
      broadcastShapes(shape, at(2).shape)
      return { shape, dtype: sameDType(at(0), at(1)) }
    }
    case 'gather': {
      const axis = numberOf(attributes, 'axis')
      const { shape, dtype } = at(0)
      return { shape: [...shape.slice(0, axis), ...at(1).shape, ...shape.slice(axis + 1)], dtype }
    }
    case 'scatterAdd':
      if (at(1).shape.length !== 1 || side(at(1), 0) !== side(at(0), 0))
        throw new Error('indices are not one for each update')
      return { shape: [numberOf(attributes, 'rows'), ...at(0).shape.slice(1)], dtype: at(0).dtype }
    case 'oneHot':
      return { shape: [...at(0).shape, numberOf(attributes, 'depth')], dtype: dtypeOf(attributes) }
    case 'softmax':
    case 'cumsum':
    case 'normal':
    case 'after':
      return at(0)
    case 'layerNorm':
      if (`${at(1).shape}` !== `${at(0).shape.slice(-1)}`) throw new Error('the gain is not one for each channel')
      return at(0)
    case 'inverseDeviation':
      return { shape: [...at(0).shape.slice(0, -1), 1], dtype: at(0).dtype }
    case 'argMax':
      return { shape: reduced(at(0).shape, [numberOf(attributes, 'axis')], false), dtype: 'int32' }
  }
}

const size = (shape: readonly number[]): number => shape.reduce((total, length) => total * length, 1)

function side(type: TensorType, axis: number): number {
  const length = type.shape[axis]
  if (length === undefined) throw new Error(`there is no axis ${axis} in [${type.shape}]`)
  return length
}

function sameDType(a: TensorType, b: TensorType): DType {
  if (a.dtype !== b.dtype) throw new Error(`dtypes ${a.dtype} and ${b.dtype} differ`)
  return a.dtype
}

function reduced(shape: readonly number[], axes: readonly number[], keep: boolean): readonly number[] {
  return keep ? shape.map((length, i) => (axes.includes(i) ? 1 : length)) : shape.filter((_, i) => !axes.includes(i))
}

function sliced(type: TensorType, attributes: Attributes): readonly number[] {
  const starts = listOf(attributes, 'starts')
  const sizes = listOf(attributes, 'sizes')
  const strides = listOf(attributes, 'strides')
  type.shape.forEach((length, i) => {
    const [start, count] = [starts[i] ?? 0, sizes[i] ?? 0]
    const end = count === 0 ? start : start + (count - 1) * (strides[i] ?? 1) + 1
    if (start < 0 || count < 0 || end > length) throw new Error(`a slice at [${starts}] of [${sizes}] leaves the shape`)
  })
  return sizes
}

function product(a: readonly number[], b: readonly number[], attributes: Attributes): readonly number[] {
  if (a.length < 2 || b.length < 2) throw new Error('operands need two sides or more')
  const [n, ka] = lastTwo(a, flagOf(attributes, 'transposeA'))
  const [kb, m] = lastTwo(b, flagOf(attributes, 'transposeB'))
  if (ka !== kb) throw new Error(`inner sides ${ka} and ${kb} differ`)
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2)), n, m]
}

function lastTwo(shape: readonly number[], transposed: boolean): readonly [number, number] {
  const rows = shape.at(-2) ?? 1
  const columns = shape.at(-1) ?? 1
  return transposed ? [columns, rows] : [rows, columns]
}
