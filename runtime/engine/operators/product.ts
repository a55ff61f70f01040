/**
 * Matrix products: `matmul` of [..., n, k] and [..., k, m] with `alpha`, and `linear` of [n, k], [k, m] and a bias [m].
 * `transposeA` and `transposeB` swap the last two sides of an operand.
 */
import { flagOf, sizeOf } from '../graph/types.ts'
import { type Emitter, write, writeFill } from '../onnx/emitter.ts'
import type { Application, Operator, RowAccess } from './operator.ts'
import { broadcastRows, rowsIf } from './rules.ts'
import { broadcastShapes, operandOf, productShape, sharedDType } from './shapes.ts'

const swapLast = (rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i))

function emit(node: Application, operands: readonly string[], emitter: Emitter): string {
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

function flops({ inputs, shape, attributes }: Application): number {
  const inner = inputs[0]?.shape.at(flagOf(attributes, 'transposeA') ? -2 : -1) ?? 1
  return sizeOf(shape) * (2 * inner + (inputs.length > 2 ? 1 : 0))
}

function rows(node: Application, k: number): RowAccess {
  if (node.shape.length > 2 || k === 2) return broadcastRows(node, k)
  return k === 1 ? 'whole' : rowsIf(!flagOf(node.attributes, 'transposeA'))
}

export const matmul: Operator = {
  family: 'product',
  infer: (inputs, attributes) => {
    const [a, b] = [operandOf(inputs, 0), operandOf(inputs, 1)]
    return { shape: productShape(a.shape, b.shape, attributes), dtype: sharedDType(a, b) }
  },
  flops,
  rows,
  linearIn: 'each',
  emit,
  kernels: {
    BatchMatMul: ({ input, attrs, apply }) =>
      apply(matmul, [input('a'), input('b')], {
        transposeA: attrs.transposeA === true,
        transposeB: attrs.transposeB === true,
      }),
  },
}

export const linear: Operator = {
  family: 'product',
  infer: (inputs, attributes) => {
    const [a, b, bias] = [operandOf(inputs, 0), operandOf(inputs, 1), operandOf(inputs, 2)]
    const shape = productShape(a.shape, b.shape, attributes)
    broadcastShapes(shape, bias.shape)
    return { shape, dtype: sharedDType(a, b) }
  },
  flops,
  rows,
  emit,
}
