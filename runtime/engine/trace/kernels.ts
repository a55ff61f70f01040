/** How each tfjs kernel becomes nodes. */

import { apply, constant, fill, type Node, scalar } from '../graph/ir.ts'
import type { BinaryOp, ReduceOp, UnaryOp } from '../graph/ops.ts'
import { tf } from '../tfjs.ts'
import { layoutKernels } from './layout.ts'
import { type Lowering, one } from './lowering.ts'
import { type Info, type Recorder, recorderName } from './recorder.ts'

const unary = (op: UnaryOp): Lowering => one(call => apply(op, [call.node('x')]))

const binary = (op: BinaryOp): Lowering => one(call => apply(op, [call.node('a'), call.node('b')]))

const reduce = (op: ReduceOp): Lowering =>
  one(({ node, attrs }) => {
    const x = node('x')
    const wanted = (attrs.axis ?? attrs.reductionIndices ?? null) as number | number[]
    const axes = tf.util.parseAxisParam(wanted, [...x.shape])
    const attributes = { axes, keep: attrs.keepDims === true }
    if (x.dtype !== 'bool') return apply(op, [x], attributes)
    return apply('cast', [apply(op, [apply('cast', [x], { dtype: 'int32' })], attributes)], {
      dtype: op === 'sum' ? 'int32' : 'bool',
    })
  })

const float = (value: number): Node => scalar(value)

const elementwise: Record<string, Lowering> = {
  Abs: unary('abs'),
  Ceil: unary('ceil'),
  Cos: unary('cos'),
  Erf: unary('erf'),
  Exp: unary('exp'),
  Floor: unary('floor'),
  Log: unary('log'),
  LogicalNot: unary('not'),
  Neg: unary('neg'),
  Reciprocal: unary('reciprocal'),
  Relu: unary('relu'),
  Round: unary('round'),
  Sigmoid: unary('sigmoid'),
  Sign: unary('sign'),
  Sin: unary('sin'),
  Softplus: unary('softplus'),
  Sqrt: unary('sqrt'),
  Tanh: unary('tanh'),
  Add: binary('add'),
  Maximum: binary('max'),
  Minimum: binary('min'),
  Mod: binary('mod'),
  Multiply: binary('mul'),
  Pow: binary('pow'),
  RealDiv: binary('div'),
  Sub: binary('sub'),
  Equal: binary('equal'),
  Greater: binary('greater'),
  GreaterEqual: binary('greaterEqual'),
  Less: binary('less'),
  LessEqual: binary('lessEqual'),
  LogicalAnd: binary('and'),
  LogicalOr: binary('or'),
  NotEqual: one(({ node }) => apply('not', [apply('equal', [node('a'), node('b')])])),
  FloorDiv: one(({ node }) => {
    const [a, b] = [node('a'), node('b')]
    if (a.dtype === 'float32') return apply('floor', [apply('div', [a, b])])
    const quotient = apply('div', [apply('cast', [a], { dtype: 'float32' }), apply('cast', [b], { dtype: 'float32' })])
    return apply('cast', [apply('floor', [quotient])], { dtype: 'int32' })
  }),
  Square: one(({ node }) => apply('mul', [node('x'), node('x')])),
  SquaredDifference: one(({ node }) => {
    const difference = apply('sub', [node('a'), node('b')])
    return apply('mul', [difference, difference])
  }),
  Rsqrt: one(({ node }) => apply('reciprocal', [apply('sqrt', [node('x')])])),
  Log1p: one(({ node }) => apply('log', [apply('add', [node('x'), float(1)])])),
  Expm1: one(({ node }) => apply('sub', [apply('exp', [node('x')]), float(1)])),
  Step: one(({ node, attrs }) =>
    apply('select', [apply('greater', [node('x'), float(0)]), float(1), float(Number(attrs.alpha ?? 0))]),
  ),
  ClipByValue: one(({ node, attrs }) =>
    apply('min', [apply('max', [node('x'), float(Number(attrs.clipValueMin))]), float(Number(attrs.clipValueMax))]),
  ),
  IsNan: one(({ node }) => apply('not', [apply('equal', [node('x'), node('x')])])),
  Select: one(({ node }) => {
    const [condition, t] = [node('condition'), node('t')]
    const sides = t.shape.length > condition.shape.length && condition.shape.length > 0
    const spread = sides
      ? [...condition.shape, ...new Array(t.shape.length - condition.shape.length).fill(1)]
      : condition.shape
    return apply('select', [sides ? apply('reshape', [condition], { shape: spread }) : condition, t, node('e')])
  }),
  AddN: one(({ recorder, inputs }) => {
    const [first, ...rest] = Object.values(inputs).map(info => recorder.node(info as Info))
    if (first === undefined) throw new Error('addN needs at least one tensor')
    return rest.reduce((sum, node) => apply('add', [sum, node]), first)
  }),
  Cast: call => {
    const x = call.node('x')
    const dtype = call.attrs.dtype as 'float32' | 'int32' | 'bool'
    if (x.op === 'fill')
      return call.recorder.record(fill(dtype === 'float32' ? x.value : Math.trunc(x.value), { shape: x.shape, dtype }))
    if (x.dtype === dtype) return call.recorder.record(x)
    // tfjs casts to bool by "not zero" and to int32 towards zero, as ONNX does.
    return call.recorder.record(apply('cast', [x], { dtype }))
  },
  ZerosLike: one(({ node }) => fill(0, node('x'))),
  OnesLike: one(({ node }) => fill(1, node('x'))),
  Fill: one(({ attrs }) => {
    const dtype = (attrs.dtype ?? 'float32') as 'float32' | 'int32' | 'bool'
    return fill(Number(attrs.value), { shape: attrs.shape as number[], dtype })
  }),
  Range: one(({ attrs }) => {
    const { start, stop, step, dtype } = attrs as {
      start: number
      stop: number
      step: number
      dtype: 'float32' | 'int32'
    }
    const values = Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step)
    const data = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)
    return constant(data, { shape: [values.length], dtype: dtype === 'int32' ? 'int32' : 'float32' })
  }),
}

const products: Record<string, Lowering> = {
  Sum: reduce('sum'),
  Mean: reduce('mean'),
  Max: reduce('maxOf'),
  Min: reduce('minOf'),
  Prod: reduce('prod'),
  Any: reduce('maxOf'),
  All: reduce('minOf'),
  BatchMatMul: one(({ node, attrs }) =>
    apply('matmul', [node('a'), node('b')], {
      transposeA: attrs.transposeA === true,
      transposeB: attrs.transposeB === true,
    }),
  ),
  Softmax: one(({ node }) => apply('softmax', [node('logits')])),
  LogSoftmax: one(({ node }) => {
    const x = node('logits')
    const axes = { axes: [x.shape.length - 1], keep: true }
    const shifted = apply('sub', [x, apply('maxOf', [x], axes)])
    return apply('sub', [shifted, apply('log', [apply('sum', [apply('exp', [shifted])], axes)])])
  }),
  ArgMax: one(({ node, attrs }) =>
    apply('argMax', [node('x')], { axis: tf.util.parseAxisParam(attrs.axis as number, [...node('x').shape])[0] ?? 0 }),
  ),
  ArgMin: one(({ node, attrs }) =>
    apply('argMax', [apply('neg', [node('x')])], {
      axis: tf.util.parseAxisParam(attrs.axis as number, [...node('x').shape])[0] ?? 0,
    }),
  ),
  Cumsum: one(({ node, attrs }) =>
    apply('cumsum', [node('x')], {
      axis: Number(attrs.axis),
      exclusive: attrs.exclusive === true,
      reverse: attrs.reverse === true,
    }),
  ),
  GatherV2: one(({ recorder, inputs, node, attrs }) => {
    const [x, indices] = [node('x'), recorder.node(inputs.indices as Info)]
    if (Number(attrs.batchDims ?? 0) !== 0)
      throw new Error('tf.gather with batchDims cannot be compiled; flatten the batch into the gathered axis')
    return apply('gather', [x, indices], { axis: tf.util.parseAxisParam(attrs.axis as number, [...x.shape])[0] ?? 0 })
  }),
  UnsortedSegmentSum: one(({ node, attrs }) =>
    apply('scatterAdd', [node('x'), node('segmentIds')], { rows: Number(attrs.numSegments) }),
  ),
  OneHot: one(({ node, attrs }) =>
    apply('oneHot', [node('indices')], {
      depth: Number(attrs.depth),
      on: Number(attrs.onValue ?? 1),
      off: Number(attrs.offValue ?? 0),
      dtype: (attrs.dtype ?? 'int32') as string,
    }),
  ),
}

/** Every kernel that can be compiled, by tfjs' name. */
export const lowerings: Readonly<Record<string, Lowering>> = { ...elementwise, ...products, ...layoutKernels }

/** Tells tfjs about the recorder and its kernels; later calls change nothing. */
export function registerKernels(recorder: Recorder): void {
  for (const [kernelName, lowering] of Object.entries(lowerings)) {
    tf.registerKernel({
      kernelName,
      backendName: recorderName,
      kernelFunc: ({ inputs, attrs }) => {
        const named = inputs as tf.NamedTensorInfoMap
        const node = (name: string): Node => {
          const info = named[name]
          if (info === undefined) throw new Error(`tfjs passed no '${name}' to ${kernelName}`)
          return recorder.node(info as Info)
        }
        return lowering({ recorder, inputs: named, attrs: attrs ?? {}, node })
      },
    })
  }
}
