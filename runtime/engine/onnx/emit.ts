/** Emits a graph as one ONNX model. */

import { type ApplyNode, type Graph, isApply, type Node, topological, useCounts } from '../graph/ir.ts'
import { valueName } from '../graph/print.ts'
import type { RowTiling } from '../graph/row_tiling.ts'
import { operators } from '../operators/lookup.ts'
import { type Emitter, write, writeFill } from './emitter.ts'
import { encodeModel } from './proto.ts'
import type { OnnxNode, OnnxTensor, OnnxValue } from './types.ts'

/** Options of `emit`. */
export interface EmitOptions {
  /** True if the runtime has onnxruntime's fused products. */
  readonly fusedProducts: boolean
  /** A part of the graph that is computed tile by tile. */
  readonly tiling?: RowTiling | undefined
}

/**
 * Serialises a graph: inputs and outputs are named by `fedName` and `resultName`; inputs that nothing uses are left out.
 *
 * Constants of one value are stored as one number and spread where a full tensor is needed.
 */
export function emit(graph: Graph, options: EmitOptions): Uint8Array {
  const nodes: OnnxNode[] = []
  const initializers: OnnxTensor[] = []
  const names = new Map<Node, string>()
  const stored = new Map<string, string>()
  const made = new Set<string>()
  let counter = 0
  const fresh = () => `_${valueName(counter++)}`
  const tensor = (content: Omit<OnnxTensor, 'name'>) => {
    const name = fresh()
    initializers.push({ ...content, name })
    return name
  }
  const emitter: Emitter = {
    fusedProducts: options.fusedProducts,
    fresh,
    tensor,
    shared: new Map(),
    node: node => {
      nodes.push(node)
      for (const name of node.outputs) made.add(name)
    },
    int64: (values, isScalar = false) => {
      const id = `${isScalar}:${values}`
      const known = stored.get(id)
      if (known !== undefined) return known
      const name = tensor({
        type: 'int64',
        dims: isScalar ? [] : [values.length],
        data: BigInt64Array.from(values, BigInt),
      })
      stored.set(id, name)
      return name
    },
  }
  const uses = useCounts(graph)
  const order = topological(graph)
  const writeNode = (node: Node) => {
    if (node.op === 'input') names.set(node, fedName(node.name))
    else if (node.op === 'constant') names.set(node, tensor({ type: node.dtype, dims: node.shape, data: node.data }))
    else if (node.op === 'fill') {
      if ((uses.get(node) ?? 0) > 0) names.set(node, writeFill(emitter, node, node.value))
    } else names.set(node, writeApply(emitter, node, names))
  }
  if (options.tiling === undefined) order.forEach(writeNode)
  else {
    const { results, members } = options.tiling
    const others = order.filter(node => !members.has(node))
    const later = usersOf(others, results)
    others.filter(node => !later.has(node)).forEach(writeNode)
    writeTiling(emitter, options.tiling, names)
    others.filter(node => later.has(node)).forEach(writeNode)
  }
  // A value that is an output takes its name, unless it is an input, a constant or already another output.
  const renamed = new Map<string, string>()
  const outputs = graph.outputs.map(({ name, node }): OnnxValue => {
    const [source, target] = [nameOfValue(node, names), resultName(name)]
    if (isApply(node) && made.has(source) && !renamed.has(source)) renamed.set(source, target)
    else nodes.push({ type: 'Identity', inputs: [source], outputs: [target] })
    return { name: target, type: node.dtype, dims: node.shape }
  })
  const used = usedInputs(graph)
  const inputs = graph.inputs
    .filter(({ name }) => used.has(name))
    .map(({ name, dtype, shape }): OnnxValue => ({ name: fedName(name), type: dtype, dims: shape }))
  return encodeModel({ nodes: renameAll(nodes, renamed), initializers, inputs, outputs })
}

/** Name of a value; throws where it is not written yet. */
function nameOfValue(node: Node, names: ReadonlyMap<Node, string>): string {
  const name = names.get(node)
  if (name === undefined) throw new Error(`A ${node.op} node is used before it is written`)
  return name
}

/** Writes a node whose operands are written; returns its name. */
const writeApply = (emitter: Emitter, node: ApplyNode, names: ReadonlyMap<Node, string>): string =>
  operators[node.op].emit(
    node,
    node.inputs.map(operand => nameOfValue(operand, names)),
    emitter,
  )

/** Gives values their new names, also in the graphs of nodes. */
function renameAll(nodes: readonly OnnxNode[], renamed: ReadonlyMap<string, string>): readonly OnnxNode[] {
  const now = (name: string) => renamed.get(name) ?? name
  return nodes.map(({ graphs, ...node }) => {
    const inner = Object.entries(graphs ?? {}).map(
      ([name, graph]) => [name, { ...graph, nodes: renameAll(graph.nodes, renamed) }] as const,
    )
    return {
      ...node,
      inputs: node.inputs.map(now),
      outputs: node.outputs.map(now),
      ...(graphs && { graphs: Object.fromEntries(inner) }),
    }
  })
}

/** Nodes that depend on one of these nodes, directly or not. */
function usersOf(order: readonly Node[], nodes: readonly Node[]): ReadonlySet<Node> {
  const users = new Set<Node>()
  const given = new Set(nodes)
  for (const node of order) if (node.inputs.some(operand => users.has(operand) || given.has(operand))) users.add(node)
  return users
}

/** A model's name of an input; inputs, results and inner values may share a path or have an empty one. */
export const fedName = (path: string): string => `in:${path}`

/** A model's name of an output. */
export const resultName = (path: string): string => `out:${path}`

/** Writes one `Scan` over the tiles: its body is written once, and uses values of the enclosing graph. */
function writeTiling(
  outer: Emitter,
  { times, body, split, whole, results }: RowTiling,
  names: Map<Node, string>,
): void {
  const nodes: OnnxNode[] = []
  const emitter: Emitter = { ...outer, shared: new Map(), node: node => nodes.push(node) }
  const rows = body.inputs.slice(0, split.length).map((node): OnnxValue => {
    names.set(node, outer.fresh())
    return { name: nameOfValue(node, names), type: node.dtype, dims: node.shape }
  })
  whole.forEach((node, i) => {
    const inner = body.inputs[split.length + i]
    if (inner !== undefined) names.set(inner, nameOfValue(node, names))
  })
  for (const node of topological(body)) {
    if (isApply(node)) names.set(node, writeApply(emitter, node, names))
    else if (node.op === 'fill') names.set(node, writeFill(emitter, node, node.value))
  }
  // A result takes the name of a value that the body makes, each once: an operation may leave its operand as it is.
  const unused = new Set(nodes.flatMap(({ outputs }) => outputs))
  const outputs = body.outputs.map(({ node }): OnnxValue => {
    const value = nameOfValue(node, names)
    return {
      name: unused.delete(value) ? value : write(emitter, 'Identity', [value]),
      type: node.dtype,
      dims: node.shape,
    }
  })
  const inputs = split.map((node, i) => {
    const shape = outer.int64([times, ...(body.inputs[i]?.shape ?? [])])
    return write(outer, 'Reshape', [nameOfValue(node, names), shape])
  })
  const stacked = outputs.map(() => outer.fresh())
  outer.node({
    type: 'Scan',
    inputs,
    outputs: stacked,
    integers: { num_scan_inputs: inputs.length },
    graphs: { body: { nodes, initializers: [], inputs: rows, outputs } },
  })
  results.forEach((node, i) => {
    names.set(node, write(outer, 'Reshape', [stacked[i] ?? '', outer.int64(node.shape)]))
  })
}

/** Paths of the inputs that reach an output; the model has only these. */
export function usedInputs(graph: Graph): ReadonlySet<string> {
  const used = new Set<string>()
  for (const node of topological({ inputs: [], outputs: graph.outputs }))
    if (!isApply(node) && node.op === 'input') used.add(node.name)
  return used
}
