/** Random small graphs: a list of instructions that is valid whatever its numbers are, so that it shrinks well. */
import fc from 'fast-check'
import { createRandom } from '../../runtime/data/random.ts'
import { apply, constant, fill, type Graph, input, isApply, type Node, scalar } from '../../runtime/engine/graph/ir.ts'
import { floats, type HostArray, ints } from '../../runtime/engine/mod.ts'
import { broadcastShapes } from '../../runtime/engine/operators/shapes.ts'

/** An instruction: its kind, its earlier values and its parameter, as numbers of any size. */
export interface Instruction {
  readonly kind: number
  readonly first: number
  readonly second: number
  readonly parameter: number
}

const natural = fc.nat({ max: 1000 })
export const programs: fc.Arbitrary<readonly Instruction[]> = fc.array(
  fc.record({ kind: natural, first: natural, second: natural, parameter: natural }),
  { minLength: 3, maxLength: 18 },
)

const random = createRandom(3, 'random graphs')
const types = {
  x: { shape: [2, 3], dtype: 'float32' },
  y: { shape: [3], dtype: 'float32' },
  z: { shape: [2, 1, 3], dtype: 'float32' },
  s: { shape: [], dtype: 'float32' },
  n: { shape: [2, 3], dtype: 'int32' },
} as const

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1)

/** One set of inputs for all graphs. */
export const feeds: Readonly<Record<string, HostArray>> = Object.fromEntries(
  Object.entries(types).map(([name, { shape, dtype }]) => {
    const values = Array.from({ length: sizeOf(shape) }, () => random.between(-2, 2))
    return [
      name,
      dtype === 'int32' ? ints(Int32Array.from(values, Math.round), shape) : floats(Float32Array.from(values), shape),
    ]
  }),
)

const numbers = [0, 1, -1, 2, 0.5, -0.25, 3]
const numberOf = ({ parameter }: Instruction): number => numbers[parameter % numbers.length] ?? 0
const axisOf = (node: Node, { parameter }: Instruction): number => parameter % Math.max(1, node.shape.length)
const broadcasts = (a: Node, b: Node): boolean => {
  try {
    return broadcastShapes(a.shape, b.shape).length <= 4
  } catch {
    return false
  }
}

type Build = (a: Node, b: Node, instruction: Instruction) => Node

const sameType =
  (op: 'add' | 'sub' | 'mul' | 'max' | 'min'): Build =>
  (a, b) =>
    a.dtype === b.dtype && a.dtype !== 'bool' && broadcasts(a, b) ? apply(op, [a, b]) : a
const withNumber =
  (op: 'add' | 'sub' | 'mul' | 'div', swapped: boolean): Build =>
  (a, _, instruction) => {
    const value = a.dtype === 'int32' ? Math.round(numberOf(instruction)) : numberOf(instruction)
    if (op === 'div' && (a.dtype === 'int32' || swapped || value === 0)) return a
    const number = fill(value, { shape: instruction.second % 2 === 0 ? [] : a.shape, dtype: a.dtype })
    return apply(op, swapped ? [number, a] : [a, number])
  }
const float = (a: Node): Node => (a.dtype === 'float32' ? a : apply('cast', [a], { dtype: 'float32' }))
/** Keeps values small enough for chains of products. */
const tamed = (a: Node): Node => apply('tanh', [float(a)])
const flat = (a: Node): Node => {
  const columns = a.shape.at(-1) ?? 1
  return apply('reshape', [float(a)], { shape: [sizeOf(a.shape) / columns, columns] })
}
const turn = (a: Node): Node => {
  const axes = a.shape.map((_, i) => i)
  return a.shape.length < 2 ? a : apply('transpose', [a], { perm: [...axes.slice(0, -2), ...axes.slice(-2).reverse()] })
}
const weights = (rows: number, columns: number): Node =>
  constant(
    Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i + 1)),
    { shape: [rows, columns], dtype: 'float32' },
  )
const reduce =
  (op: 'sum' | 'mean' | 'maxOf'): Build =>
  (a, _, instruction) => {
    const axes = a.shape.length === 0 || instruction.second % 4 === 3 ? [] : [axisOf(a, instruction)]
    return apply(op, [op === 'mean' ? float(a) : a], { axes, keep: instruction.second % 2 === 0 })
  }

const builds: readonly Build[] = [
  sameType('add'),
  sameType('sub'),
  (a, b) => sameType('mul')(tamed(a), tamed(b), { kind: 0, first: 0, second: 0, parameter: 0 }),
  sameType('max'),
  sameType('min'),
  withNumber('add', false),
  withNumber('add', true),
  withNumber('sub', false),
  withNumber('mul', false),
  withNumber('mul', true),
  withNumber('div', false),
  reduce('sum'),
  reduce('mean'),
  reduce('maxOf'),
  a => apply('neg', [a]),
  a => apply('exp', [tamed(a)]),
  (a, _, { parameter }) => apply('reshape', [a], { shape: parameter % 2 === 0 ? [sizeOf(a.shape)] : [...a.shape, 1] }),
  (a, _, { parameter }) => apply('transpose', [a], { perm: a.shape.map((_, i) => (i + parameter) % a.shape.length) }),
  a => (sizeOf(a.shape) <= 32 ? heads(flat(a)) : a),
  (a, _, { parameter }) =>
    a.shape.length < 4 ? apply('broadcast', [a], { shape: [1 + (parameter % 2), ...a.shape] }) : a,
  (a, _, instruction) => {
    const axis = axisOf(a, instruction)
    const sizes = a.shape.map((side, i) => (i === axis ? Math.max(1, side - 1) : side))
    return apply('slice', [a], {
      starts: a.shape.map((side, i) => side - (sizes[i] ?? 0)),
      sizes,
      strides: sizes.map(() => 1),
    })
  },
  (a, _, instruction) =>
    a.shape.length > 0 && sizeOf(a.shape) < 64 ? apply('concat', [a, a], { axis: axisOf(a, instruction) }) : a,
  (a, b, instruction) => (a.shape.length > 0 ? byPieces(a, b, instruction) : a),
  (a, _, { parameter }) =>
    a.shape.length === 0
      ? a
      : apply('pad', [a], {
          before: a.shape.map(() => parameter % 2),
          after: a.shape.map(() => 0),
          value: parameter % 3,
        }),
  turn,
  a => apply('matmul', [flat(a), turn(flat(tamed(a)))]),
  a => apply('matmul', [turn(flat(a)), flat(tamed(a))]),
  (a, _, instruction) =>
    apply('mul', [apply('matmul', [flat(a), weights(a.shape.at(-1) ?? 1, 2)]), scalar(numberOf(instruction))]),
  a =>
    apply('add', [
      apply('matmul', [flat(a), weights(a.shape.at(-1) ?? 1, 3)]),
      apply('reshape', [weights(1, 3)], { shape: [3] }),
    ]),
  a => (a.shape.length > 0 ? apply('softmax', [float(a)]) : a),
  a => gelu(float(a)),
  a => layerNorm(flat(a)),
  (a, b) => (a.dtype === b.dtype && broadcasts(a, b) ? choose(a, b) : a),
  a => apply('cast', [a], { dtype: a.dtype }),
]

/** Every element four times, each time by another factor, with rows and columns in each other's place. */
function heads(a: Node): Node {
  const four = apply('reshape', [weights(1, 4)], { shape: [4] })
  return apply('transpose', [apply('mul', [apply('reshape', [a], { shape: [1, ...a.shape, 1] }), four])], {
    perm: [0, 2, 1, 3],
  })
}

/** Every position of an axis by itself, or the first and the rest, put side by side after something was done to each. */
function byPieces(a: Node, b: Node, instruction: Instruction): Node {
  const axis = axisOf(a, instruction)
  const side = a.shape[axis] ?? 1
  const cuts =
    instruction.second % 2 === 0 ? Array.from({ length: side + 1 }, (_, i) => i) : [0, Math.ceil(side / 2), side]
  const pieces = cuts.slice(1).flatMap((end, i) => {
    const start = cuts[i] ?? 0
    const along = (at: number, other: (length: number) => number) =>
      a.shape.map((length, i) => (i === axis ? at : other(length)))
    const sizes = along(end - start, length => length)
    return end > start
      ? [apply('slice', [a], { starts: along(start, () => 0), sizes, strides: sizes.map(() => 1) })]
      : []
  })
  const kept = { ...instruction, second: 2 * instruction.first }
  const change = [(piece: Node) => piece, tamed, (piece: Node) => reduce('maxOf')(piece, b, kept)][
    instruction.first % 3
  ]
  return apply('concat', pieces.map(change ?? tamed), { axis })
}

/** By an input, since a choice by computed values would amplify their rounding. */
function choose(a: Node, b: Node): Node {
  const condition = apply('greater', [inputs[3] ?? a, scalar(0)])
  return apply('select', [condition, a, b])
}

function gelu(a: Node): Node {
  const scaled = apply('mul', [a, scalar(Math.fround(Math.SQRT1_2))])
  const product = apply('mul', [scaled, apply('add', [apply('erf', [scaled]), scalar(1)])])
  return apply('mul', [product, scalar(Math.fround(Math.SQRT1_2))])
}

function layerNorm(a: Node): Node {
  const width = a.shape.at(-1) ?? 1
  const mean = (x: Node) => apply('mean', [x], { axes: [a.shape.length - 1], keep: true })
  const centred = apply('sub', [a, mean(a)])
  const variance = mean(apply('mul', [centred, centred]))
  const scale = apply('reciprocal', [apply('sqrt', [apply('add', [variance, scalar(0.125)])])])
  const gain = apply('reshape', [weights(1, width)], { shape: [width] })
  return apply('add', [apply('mul', [apply('mul', [centred, scale]), gain]), gain])
}

const inputs = Object.entries(types).map(([name, type]) => input(name, type))

/** Interprets a program; its last three values are the outputs. */
export function graphOf(program: readonly Instruction[]): Graph {
  const values: Node[] = [...inputs]
  for (const instruction of program) {
    const pick = (index: number): Node => values[values.length - 1 - (index % values.length)] ?? scalar(0)
    const build = builds[instruction.kind % builds.length] ?? (a => a)
    const made = build(pick(instruction.first), pick(instruction.second), instruction)
    if (sizeOf(made.shape) <= 512 && made.shape.length <= 5) values.push(made)
  }
  const outputs = values.filter(isApply).slice(-3)
  const last = outputs.length > 0 ? outputs : values.slice(-1)
  return { inputs, outputs: last.map((node, i) => ({ name: `r${i}`, node })) }
}
