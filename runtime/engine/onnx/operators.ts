/** Each operation as ONNX operators. */
import { type ApplyNode, type Node, sizeOf } from '../graph/ir.ts'
import { dtypeOf, flagOf, isBinary, isReduce, isUnary, listOf, numberOf, type TensorType } from '../graph/ops.ts'
import { binaryTypes, reduceTypes, unaryTypes } from './names.ts'
import { elementTypes, type OnnxNode, type OnnxTensor } from './proto.ts'

/** What the writing of operators is given. */
export interface Emitter {
  /** Whether onnxruntime's fused products exist where the model will run; elsewhere they are spelled out. */
  readonly fusedProducts: boolean
  /** Name of a node's value, written out if it was not yet. */
  value(node: Node): string
  /** Name of a stored list of int64. */
  int64(values: readonly number[], scalar?: boolean): string
  tensor(tensor: Omit<OnnxTensor, 'name'>): string
  fresh(): string
  /** Names of the results of an operator that serves several nodes, written by the first of them. */
  readonly shared: Map<string, readonly [string, string]>
  node(node: OnnxNode): void
}

/** Writes one number in a shape; returns its name. */
export function writeFill(emitter: Emitter, type: TensorType, value: number): string {
  const data =
    type.dtype === 'float32'
      ? Float32Array.of(value)
      : type.dtype === 'int32'
        ? Int32Array.of(value)
        : Uint8Array.of(value)
  const one = emitter.tensor({ type: type.dtype, dims: [], data })
  if (type.shape.length === 0) return one
  return write(emitter, 'Expand', [one, emitter.int64(type.shape)])
}

type Extra = Partial<Pick<OnnxNode, 'domain' | 'integers' | 'floats' | 'strings' | 'integerLists'>>

/** Writes an operator; returns the name of its result. */
export function write(emitter: Emitter, type: string, inputs: readonly string[], extra: Extra = {}): string {
  const name = emitter.fresh()
  emitter.node({ type, inputs, outputs: [name], ...extra })
  return name
}

const swapLast = (rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i))

function writeProduct(emitter: Emitter, node: ApplyNode, operands: readonly string[]): string {
  const [a = '', b = '', bias] = operands
  const [transA, transB] = [flagOf(node.attributes, 'transposeA'), flagOf(node.attributes, 'transposeB')]
  const ranks = node.inputs.map(operand => operand.shape.length)
  const real = node.dtype === 'float32'
  const flat = real && ranks[0] === 2 && ranks[1] === 2
  const alpha = typeof node.attributes.alpha === 'number' ? node.attributes.alpha : 1
  if (flat) {
    const attributes = { integers: { transA: Number(transA), transB: Number(transB) }, floats: { alpha } }
    if (bias === undefined) return write(emitter, 'Gemm', [a, b], attributes)
    // On CPUs the product would first copy the bias into all rows, with one thread.
    if (emitter.fusedProducts) return write(emitter, 'Add', [write(emitter, 'Gemm', [a, b], attributes), bias])
    return write(emitter, 'Gemm', [a, b, bias], attributes)
  }
  if (real && emitter.fusedProducts && (transA || transB || alpha !== 1)) {
    const integers = { transA: Number(transA), transB: Number(transB) }
    return write(emitter, 'FusedMatMul', [a, b], { domain: 'com.microsoft', integers, floats: { alpha } })
  }
  const turned = (name: string, rank: number, yes: boolean) =>
    yes ? write(emitter, 'Transpose', [name], { integerLists: { perm: swapLast(rank) } }) : name
  const product = write(emitter, 'MatMul', [turned(a, ranks[0] ?? 2, transA), turned(b, ranks[1] ?? 2, transB)])
  return alpha === 1
    ? product
    : write(emitter, 'Mul', [product, writeFill(emitter, { shape: [], dtype: 'float32' }, alpha)])
}

/** Writes a node whose operands are written; returns its name. */
export function writeApply(emitter: Emitter, node: ApplyNode): string {
  const { op, attributes } = node
  const operands = node.inputs.map(emitter.value)
  const simple = (type: string, extra?: Extra) => write(emitter, type, operands, extra)
  if (isUnary(op)) {
    const { type, domain } = unaryTypes[op]
    return simple(type, domain === undefined ? {} : { domain })
  }
  if (isBinary(op))
    return simple(binaryTypes[op], op === 'mod' && node.dtype === 'float32' ? { integers: { fmod: 1 } } : {})
  if (isReduce(op)) {
    const axes = listOf(attributes, 'axes')
    const integers = { keepdims: Number(flagOf(attributes, 'keep')), noop_with_empty_axes: 1 }
    return write(emitter, reduceTypes[op], [...operands, emitter.int64(axes)], { integers })
  }
  switch (op) {
    case 'select':
      return simple('Where')
    case 'cast':
      return simple('Cast', { integers: { to: elementTypes[dtypeOf(attributes)] } })
    case 'reshape':
      return write(emitter, 'Reshape', [...operands, emitter.int64(node.shape)])
    case 'broadcast':
      return write(emitter, 'Expand', [...operands, emitter.int64(node.shape)])
    case 'transpose':
      return simple('Transpose', { integerLists: { perm: listOf(attributes, 'perm') } })
    case 'slice': {
      const [starts, sizes, strides] = [
        listOf(attributes, 'starts'),
        listOf(attributes, 'sizes'),
        listOf(attributes, 'strides'),
      ]
      const touched = starts.flatMap((start, i) => (start === 0 && sizes[i] === node.inputs[0]?.shape[i] ? [] : [i]))
      if (touched.length === 0) return operands[0] ?? ''
      const pick = (list: readonly number[]) => emitter.int64(touched.map(axis => list[axis] ?? 0))
      const ends = starts.map((start, i) => start + (sizes[i] ?? 0) * (strides[i] ?? 1))
      return write(emitter, 'Slice', [...operands, pick(starts), pick(ends), emitter.int64(touched), pick(strides)])
    }
    case 'concat':
      return simple('Concat', { integers: { axis: numberOf(attributes, 'axis') } })
    case 'pad': {
      const pads = emitter.int64([...listOf(attributes, 'before'), ...listOf(attributes, 'after')])
      return write(emitter, 'Pad', [
        ...operands,
        pads,
        writeFill(emitter, { shape: [], dtype: node.dtype }, numberOf(attributes, 'value')),
      ])
    }
    case 'tile':
      return write(emitter, 'Tile', [...operands, emitter.int64(listOf(attributes, 'repeats'))])
    case 'matmul':
    case 'linear':
      return writeProduct(emitter, node, operands)
    case 'gather':
      return simple('Gather', { integers: { axis: numberOf(attributes, 'axis') } })
    case 'scatterAdd':
      return writeScatter(emitter, node, operands)
    case 'oneHot':
      return writeOneHot(emitter, node, operands)
    case 'softmax':
      return simple('Softmax', { integers: { axis: -1 } })
    case 'layerNorm':
      return simple('LayerNormalization', {
        integers: { axis: -1 },
        floats: { epsilon: numberOf(attributes, 'epsilon') },
      })
    case 'normal':
      return writeNormal(emitter, node, operands)[0]
    case 'inverseDeviation':
      return writeNormal(emitter, node, operands)[1]
    case 'after':
      return writeAfter(emitter, node, operands)
    case 'argMax': {
      const index = simple('ArgMax', { integers: { axis: numberOf(attributes, 'axis'), keepdims: 0 } })
      return write(emitter, 'Cast', [index], { integers: { to: elementTypes.int32 } })
    }
    case 'cumsum': {
      const integers = {
        exclusive: Number(flagOf(attributes, 'exclusive')),
        reverse: Number(flagOf(attributes, 'reverse')),
      }
      return write(emitter, 'CumSum', [...operands, emitter.int64([numberOf(attributes, 'axis')], true)], { integers })
    }
  }
}

/** Normal values and inverse deviation, which one operator gives. */
function writeNormal(emitter: Emitter, node: ApplyNode, [x = '']: readonly string[]): readonly [string, string] {
  const epsilon = numberOf(node.attributes, 'epsilon')
  const id = `normal ${x} ${epsilon}`
  const known = emitter.shared.get(id)
  if (known !== undefined) return known
  const width = node.inputs[0]?.shape.at(-1) ?? 1
  const gain = emitter.tensor({ type: 'float32', dims: [width], data: new Float32Array(width).fill(1) })
  const [normal, mean, inverse] = [emitter.fresh(), emitter.fresh(), emitter.fresh()]
  emitter.node({
    type: 'LayerNormalization',
    inputs: [x, gain],
    outputs: [normal, mean, inverse],
    integers: { axis: -1 },
    floats: { epsilon },
  })
  emitter.shared.set(id, [normal, inverse])
  return [normal, inverse]
}

/**
 * The first value in its own shape, to which nothing of the others' shapes is joined: the runtime cannot have one without
 * the others, and it takes neither time nor memory.
 */
function writeAfter(emitter: Emitter, node: ApplyNode, [value = '', ...awaited]: readonly string[]): string {
  if (flagOf(node.attributes, 'hint') && !emitter.fusedProducts) return value
  const nothing = awaited.map(other => write(emitter, 'Shape', [other], { integers: { start: 0, end: 0 } }))
  const shape = write(emitter, 'Concat', [emitter.int64(node.shape), ...nothing], { integers: { axis: 0 } })
  return write(emitter, 'Reshape', [value, shape])
}

/** ScatterElements: onnxruntime's ScatterND loses repeated indices when two threads meet. */
function writeScatter(emitter: Emitter, node: ApplyNode, [updates = '', indices = '']: readonly string[]): string {
  const source = node.inputs[0]?.shape ?? []
  const columns = sizeOf(source.slice(1))
  const rows = source[0] ?? 0
  const flat = write(emitter, 'Reshape', [updates, emitter.int64([rows, columns])])
  const column = write(emitter, 'Reshape', [indices, emitter.int64([rows, 1])])
  const spread = write(emitter, 'Expand', [column, emitter.int64([rows, columns])])
  const zeros = writeFill(emitter, { shape: [node.shape[0] ?? 0, columns], dtype: node.dtype }, 0)
  const sums = write(emitter, 'ScatterElements', [zeros, spread, flat], {
    integers: { axis: 0 },
    strings: { reduction: 'add' },
  })
  return write(emitter, 'Reshape', [sums, emitter.int64(node.shape)])
}

/** By comparison: onnxruntime's OneHot takes few combinations of types. */
function writeOneHot(emitter: Emitter, node: ApplyNode, [indices = '']: readonly string[]): string {
  const depth = numberOf(node.attributes, 'depth')
  const column = write(emitter, 'Reshape', [indices, emitter.int64([...node.shape.slice(0, -1), 1])])
  const classes = emitter.tensor({
    type: 'int32',
    dims: [depth],
    data: Int32Array.from({ length: depth }, (_, i) => i),
  })
  const value = (name: string) => writeFill(emitter, { shape: [], dtype: node.dtype }, numberOf(node.attributes, name))
  return write(emitter, 'Where', [write(emitter, 'Equal', [column, classes]), value('on'), value('off')])
}
