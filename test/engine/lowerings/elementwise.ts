/** One operand, one result of its shape. */
import { type HostArray, tf } from '../../../runtime/engine/mod.ts'
import { type Case, everyRank, flags, intList, list, uniform, whole } from './case.ts'

type Unary = (x: tf.Tensor) => tf.Tensor

interface UnaryCases {
  readonly run: Unary
  /** Interval of the random operands. */
  readonly from?: readonly [number, number]
  readonly gradient?: boolean
  /** Operands where backends like to differ; forward only. */
  readonly special?: readonly HostArray[]
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
const unusual = list([nan, infinity, -infinity, 0, -0, 1e-8, -1e-8, 30, -30, 100, -100])
const signed = list([infinity, -infinity, 0, -0, 1e-8, -1e-8])
const small = list([1e-8, -1e-8, 1e-7, 2e-7, 1e-6, -1e-5, 3e-4, 0.1])
const halves = list([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 2.4999998, -0, nan, infinity])
const integers = whole([3, 4])

const table: Readonly<Record<string, UnaryCases>> = {
  Abs: { run: tf.abs, special: [unusual, integers] },
  Ceil: { run: tf.ceil, special: [unusual, halves] },
  Cos: { run: tf.cos, special: [list([0, 30, -30, 1000])] },
  Erf: { run: tf.erf, special: [unusual] },
  Exp: { run: tf.exp, special: [unusual, integers] },
  Expm1: { run: tf.expm1, special: [unusual] },
  Floor: { run: tf.floor, special: [unusual, halves] },
  IsNan: { run: tf.isNaN, gradient: false, special: [unusual] },
  Log: { run: tf.log, from: [0.1, 4], special: [unusual] },
  Log1p: { run: tf.log1p, from: [-0.9, 4], special: [unusual, list([-1, -2, 1e-5, -1e-5, 3e-4])] },
  Neg: { run: tf.neg, special: [unusual, integers] },
  OnesLike: { run: tf.onesLike, special: [integers, flags([2, 2])] },
  Reciprocal: { run: tf.reciprocal, from: [0.2, 3], special: [unusual] },
  Relu: { run: tf.relu, special: [unusual, integers] },
  Round: { run: tf.round, special: [unusual, halves, integers] },
  Rsqrt: { run: tf.rsqrt, from: [0.1, 4], special: [unusual] },
  Sigmoid: { run: tf.sigmoid, special: [unusual] },
  // tfjs' sign of NaN is 0, this engine's NaN.
  Sign: { run: tf.sign, special: [signed, integers] },
  Sin: { run: tf.sin, special: [list([0, 30, -30, 1000])] },
  Softplus: { run: tf.softplus, special: [unusual] },
  Sqrt: { run: tf.sqrt, from: [0.1, 4], special: [unusual] },
  Square: { run: tf.square, special: [unusual, integers] },
  Step: { run: x => tf.step(x, 0.3), special: [unusual, integers] },
  Tanh: { run: tf.tanh, special: [unusual] },
  ZerosLike: { run: tf.zerosLike, special: [integers, flags([2, 2])] },
  ClipByValue: { run: x => tf.clipByValue(x, -1, 0.5), special: [unusual] },
}

const random = Object.entries(table).flatMap(([kernel, { run, from, gradient, special }]): Case[] => [
  ...everyRank().map(
    (shape): Case => ({
      kernel,
      name: `of [${shape}]`,
      inputs: [uniform(shape, ...(from ?? [-2, 2]))],
      run: x => run(x as tf.Tensor),
      gradient: gradient !== false,
    }),
  ),
  ...(special ?? []).map(
    (x, i): Case => ({
      kernel,
      name: `of special values ${i}`,
      inputs: [x],
      run: x => run(x as tf.Tensor),
      gradient: false,
    }),
  ),
])

const forward = (kernel: string, name: string, inputs: readonly HostArray[], run: Unary): Case => ({
  kernel,
  name,
  inputs,
  run: x => run(x as tf.Tensor),
  gradient: false,
})

const casts: readonly Case[] = [
  forward('Cast', 'float to int32 goes towards zero', [list([-1.9, -0.5, 0.5, 1.9, 7])], x => tf.cast(x, 'int32')),
  forward('Cast', 'float to bool asks for zero', [list([-1.9, -0.2, 0, -0, 0.2, nan])], x => tf.cast(x, 'bool')),
  forward('Cast', 'int32 to bool', [intList([-1, 0, 5])], x => tf.cast(x, 'bool')),
  forward('Cast', 'bool to float', [flags([5])], x => tf.cast(x, 'float32')),
  forward('Cast', 'bool to int32', [flags([5])], x => tf.cast(x, 'int32')),
  forward('Cast', 'a constant fraction to bool is true', [list([1])], x =>
    tf.logicalAnd(tf.cast(tf.fill([1], 0.5), 'bool'), tf.cast(x, 'bool')),
  ),
  forward('Cast', 'a constant negative fraction to int32', [intList([1])], x =>
    tf.add(tf.cast(tf.fill([1], -1.5), 'int32'), x),
  ),
  {
    kernel: 'Cast',
    name: 'float to float keeps the gradient',
    inputs: [uniform([2, 3])],
    run: x => tf.mul(tf.cast(x as tf.Tensor, 'float32'), 2),
    gradient: true,
  },
]

export const elementwiseCases: readonly Case[] = [
  ...random,
  ...casts,
  ...[flags([4]), flags([]), flags([2, 1, 3])].map(x => forward('LogicalNot', `of [${x.shape}]`, [x], tf.logicalNot)),
  forward('Log1p', 'of small values, magnified', [small], x => tf.mul(tf.log1p(x), 1e8)),
  forward('Expm1', 'of small values, magnified', [small], x => tf.mul(tf.expm1(x), 1e8)),
  forward('ClipByValue', 'of int32', [whole([6])], x => tf.clipByValue(x, -2, 3)),
]
