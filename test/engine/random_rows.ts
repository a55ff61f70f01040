/** Random graphs of a few rows: taken from what is computed for all, or all but zero, as where an encoder pools one token. */
import fc from 'fast-check'
import { createRandom } from '../../runtime/data/random.ts'
import { apply, constant, type Graph, input, type Node, scalar } from '../../runtime/engine/graph/ir.ts'
import { floats, type HostArray } from '../../runtime/engine/mod.ts'

const [batch, count, width] = [3, 8, 4]
const full = [batch, count, width]
const rows = batch * count

const types = { x: full, y: full, w: [width, width], v: [width] } as const
const random = createRandom(5, 'random rows')

/** One set of inputs for all graphs. */
export const rowFeeds: Readonly<Record<string, HostArray>> = Object.fromEntries(
  Object.entries(types).map(([name, shape]) => {
    const size = shape.reduce((product, side) => product * side, 1)
    return [
      name,
      floats(
        Float32Array.from({ length: size }, () => random.between(-1, 1)),
        shape,
      ),
    ]
  }),
)

const inputs = Object.entries(types).map(([name, shape]) => input(name, { shape, dtype: 'float32' }))
const [x, y, w, v] = inputs as [Node, Node, Node, Node]

const reshape = (a: Node, shape: readonly number[]): Node => apply('reshape', [a], { shape })
const flat = (a: Node): Node => reshape(a, [rows, width])
const raise = (a: Node): Node => reshape(a, full)
const mean = (a: Node): Node => apply('mean', [a], { axes: [2], keep: true })
const heads = (a: Node): Node => apply('transpose', [reshape(a, [batch, count, 2, width / 2])], { perm: [0, 2, 1, 3] })
const tame = (a: Node): Node => apply('tanh', [a])

/** Several heads of attention: each row of the result needs one query, and every key and value. */
function attend(query: Node, source: Node): Node {
  const scores = apply('matmul', [heads(query), heads(source)], { transposeB: true })
  const mixed = apply('matmul', [apply('softmax', [scores]), heads(source)])
  return reshape(apply('transpose', [mixed], { perm: [0, 2, 1, 3] }), full)
}

/** From values of all rows to another. */
const builds: readonly ((a: Node, b: Node) => Node)[] = [
  (a, b) => apply('add', [a, b]),
  (a, b) => apply('sub', [a, b]),
  (a, b) => apply('mul', [a, tame(b)]),
  (a, b) => apply('div', [a, apply('add', [apply('exp', [tame(b)]), scalar(1)])]),
  a => apply('mul', [a, v]),
  a => apply('add', [a, reshape(v, [1, 1, width])]),
  a => apply('neg', [a]),
  a => apply('sub', [a, mean(a)]),
  (a, b) => apply('mul', [b, mean(a)]),
  a => apply('standardize', [a], { epsilon: 0.25 }),
  a => apply('layerNorm', [a, v, v], { epsilon: 0.25 }),
  a => apply('mul', [a, apply('inverseDeviation', [a], { epsilon: 0.25 })]),
  a => raise(apply('linear', [flat(a), w, v], { transposeB: true })),
  a => raise(apply('matmul', [flat(a), w])),
  a => raise(apply('gelu', [apply('matmul', [flat(a), w], { alpha: 0.5 })])),
  attend,
  (a, b) => apply('add', [b, apply('sum', [a], { axes: [1], keep: true })]),
]

const indices = (...list: readonly number[]): Node =>
  constant(Int32Array.from(list), { shape: [list.length], dtype: 'int32' })
const some = [indices(0, 9, 17), indices(5, 5, 20, 1)]
const strides = [1, 1, 1]

/** One position of each list of rows, or rows by their number; the same few in most programs, so that several uses agree. */
function few(a: Node, choice: number): Node {
  if (choice % 3 === 2) return apply('gather', [flat(a), some[choice % 2] ?? a], { axis: 0 })
  const start = choice % 2 === 0 ? 0 : 3
  return apply('slice', [a], { starts: [0, start, 0], sizes: [batch, 1, width], strides })
}

/** All rows from few: zeros elsewhere. */
function spread(a: Node, choice: number): Node {
  const taken = few(a, choice)
  if (taken.shape.length === 2) return raise(apply('scatterAdd', [tame(taken), some[choice % 2] ?? a], { rows }))
  const start = choice % 2 === 0 ? 0 : 3
  return apply('pad', [taken], { before: [0, start, 0], after: [0, count - 1 - start, 0], value: 0 })
}

interface RowProgram {
  /** Operations and their two operands, counted back from the last value. */
  readonly steps: readonly { readonly kind: number; readonly first: number; readonly second: number }[]
  /** The choice of the rows that are taken, and of those that are put among zeros. */
  readonly choice: number
  /** After which operation the last value is left with few rows among zeros. */
  readonly zeroed: number
}

const natural = fc.nat({ max: 99 })
export const rowPrograms: fc.Arbitrary<RowProgram> = fc.record({
  steps: fc.array(fc.record({ kind: natural, first: fc.nat({ max: 2 }), second: natural }), {
    minLength: 2,
    maxLength: 12,
  }),
  choice: fc.nat({ max: 11 }),
  zeroed: fc.nat({ max: 8 }),
})

/** Interprets a program; few rows of its last value are outputs, and what products and sums make of it. */
export function rowGraph({ steps, choice, zeroed }: RowProgram): Graph {
  const values: Node[] = [x, y]
  steps.forEach(({ kind, first, second }, i) => {
    const pick = (back: number): Node => values[values.length - 1 - (back % values.length)] ?? x
    const made = (builds[kind % builds.length] ?? attend)(pick(first), pick(second))
    values.push(i === zeroed ? spread(made, choice) : made)
  })
  const last = values.at(-1) ?? x
  const outputs: readonly Node[] = [
    few(last, choice),
    apply('matmul', [flat(y), flat(last)], { transposeA: true }),
    apply('sum', [last], { axes: [0, 1], keep: false }),
    few(values.at(-2) ?? x, choice),
  ]
  return { inputs: inputs as Graph['inputs'], outputs: outputs.map((node, i) => ({ name: `r${i}`, node })) }
}
