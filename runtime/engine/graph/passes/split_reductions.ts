/** Splits sums over many rows in two steps: the runtime adds up a column of thousands slowly and on one core. */
import { type ApplyNode, apply, type Graph, isApply, type Node } from '../ir.ts'
import { flagOf, listOf, sizeOf } from '../types.ts'
import { rewrite } from './rewrite.ts'

const fewestRows = 512
const mostParts = 16

/** The largest number of equal parts, up to `mostParts`. */
function partsOf(rows: number): number {
  for (let parts = mostParts; parts > 1; parts--) if (rows % parts === 0) return parts
  return 1
}

function splitSum(node: ApplyNode): Node {
  const [x] = node.inputs
  const axes = listOf(node.attributes, 'axes')
  if (x === undefined || axes.length === x.shape.length || axes.some((axis, i) => axis !== i)) return node
  const rows = sizeOf(x.shape.slice(0, axes.length))
  const parts = partsOf(rows)
  if (rows < fewestRows || parts === 1) return node
  const cut = apply('reshape', [x], { shape: [parts, rows / parts, ...x.shape.slice(axes.length)] })
  const sums = apply('sum', [apply('sum', [cut], { axes: [1], keep: false })], { axes: [0], keep: false })
  return flagOf(node.attributes, 'keep') ? apply('reshape', [sums], { shape: node.shape }) : sums
}

/** Rewrites `sum(x [rows, ...])` over its first sides to the sum of the sums of up to sixteen parts. */
export const splitReductions = (graph: Graph): Graph =>
  rewrite(graph, node => (isApply(node) && node.op === 'sum' ? splitSum(node) : node))
