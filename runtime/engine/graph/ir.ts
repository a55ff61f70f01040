/**
 * The graph: immutable typed nodes.
 *
 * A graph is its outputs; nodes are reached from them. Every node has one result with a fixed shape and dtype,
 * worked out by `infer` when the node is made, so that a graph that exists is a graph that type-checks.
 */
import { infer, type Op } from '../operators/lookup.ts'
import { type Attributes, type DType, type Elements, sizeOf, type TensorType } from './types.ts'

/** Common part of the nodes. */
interface BaseNode extends TensorType {
  readonly inputs: readonly Node[]
}

/** A value fed at each call. */
export interface InputNode extends BaseNode {
  readonly op: 'input'
  readonly name: string
}

/** Elements known when the graph is made. */
export interface ConstantNode extends BaseNode {
  readonly op: 'constant'
  readonly data: Elements
}

/** One number everywhere: never stored at its full size. */
export interface FillNode extends BaseNode {
  readonly op: 'fill'
  readonly value: number
}

/** An operator applied to other nodes. */
export interface ApplyNode extends BaseNode {
  readonly op: Op
  readonly attributes: Attributes
}

/** A node of a graph. */
export type Node = InputNode | ConstantNode | FillNode | ApplyNode

/** A named result. */
export interface Output {
  readonly name: string
  readonly node: Node
}

/** Inputs keep their order even where no output depends on them. */
export interface Graph {
  readonly inputs: readonly InputNode[]
  readonly outputs: readonly Output[]
}

/** An input. */
export function input(name: string, type: TensorType): InputNode {
  return { op: 'input', name, inputs: [], shape: type.shape, dtype: type.dtype }
}

/** A constant; throws where the number of elements is not that of the shape. */
export function constant(data: Elements, type: TensorType): ConstantNode {
  if (data.length !== sizeOf(type.shape))
    throw new Error(`A constant of shape [${type.shape}] needs ${sizeOf(type.shape)} elements, not ${data.length}`)
  return { op: 'constant', data, inputs: [], shape: type.shape, dtype: type.dtype }
}

/** One number in every element. */
export function fill(value: number, type: TensorType): FillNode {
  return { op: 'fill', value, inputs: [], shape: type.shape, dtype: type.dtype }
}

/** Scalar constant that takes part in broadcasting. */
export const scalar = (value: number, dtype: DType = 'float32'): FillNode => fill(value, { shape: [], dtype })

/** Makes a node; throws with the operation and the operand types where they do not fit. */
export function apply(op: Op, inputs: readonly Node[], attributes: Attributes = {}): ApplyNode {
  const { shape, dtype } = infer(op, inputs, attributes)
  return { op, inputs, attributes, shape, dtype }
}

/** Tests if a node applies an operator. */
export const isApply = (node: Node): node is ApplyNode => 'attributes' in node

/** Nodes in an order where operands stand before their users; the same graph gives the same order. */
export function topological(graph: Graph): readonly Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  const pending: { node: Node; next: number }[] = []
  const visit = (root: Node) => {
    if (seen.has(root)) return
    seen.add(root)
    pending.push({ node: root, next: 0 })
    for (let top = pending.at(-1); top; top = pending.at(-1)) {
      const operand = top.node.inputs[top.next++]
      if (operand === undefined) {
        order.push(top.node)
        pending.pop()
      } else if (!seen.has(operand)) {
        seen.add(operand)
        pending.push({ node: operand, next: 0 })
      }
    }
  }
  for (const node of graph.inputs) visit(node)
  for (const output of graph.outputs) visit(output.node)
  return order
}

/** The number of operands and outputs that refer to each node. */
export function useCounts(graph: Graph): ReadonlyMap<Node, number> {
  const counts = new Map<Node, number>()
  const count = (node: Node) => counts.set(node, (counts.get(node) ?? 0) + 1)
  for (const node of topological(graph)) node.inputs.forEach(count)
  for (const output of graph.outputs) count(output.node)
  return counts
}
