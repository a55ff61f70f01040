/** The one text form of a graph: goldens, digests and error messages use it. */
import { createHash } from 'node:crypto'
import { type Elements, type Graph, isApply, type Node, topological } from './ir.ts'
import type { Attribute, TensorType } from './ops.ts'

/** `a` ... `z`, `aa` ... */
export function valueName(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26))
  return index < 26 ? letter : valueName(Math.floor(index / 26) - 1) + letter
}

const typeText = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(',')}]`

const attributeText = (value: Attribute): string => (Array.isArray(value) ? `[${value.join(',')}]` : String(value))

function elementsText(data: Elements): string {
  if (data.length <= 8) return `[${Array.from(data).join(', ')}]`
  return `sha256:${createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')
    .slice(0, 16)}`
}

/**
 * Prints a graph: one node a line, `name: type = op(operands) {attributes}`, inputs first, outputs last.
 * Equal graphs print equally.
 */
export function print(graph: Graph): string {
  const names = new Map<Node, string>()
  const lines: string[] = []
  for (const node of topological(graph)) {
    const name = valueName(names.size)
    names.set(node, name)
    lines.push(`  ${name}: ${typeText(node)} = ${rightSide(node, names)}`)
  }
  const results = graph.outputs.map(({ name, node }) => `${name}: ${names.get(node)}`)
  return `graph {\n${lines.join('\n')}\n  return ${results.join(', ')}\n}\n`
}

function rightSide(node: Node, names: ReadonlyMap<Node, string>): string {
  if (isApply(node)) {
    const attributes = Object.entries(node.attributes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}: ${attributeText(value)}`)
    const operands = node.inputs.map(operand => names.get(operand)).join(', ')
    return `${node.op}(${operands})${attributes.length > 0 ? ` { ${attributes.join(', ')} }` : ''}`
  }
  if (node.op === 'input') return `input ${node.name}`
  return node.op === 'fill' ? `fill ${node.value}` : `constant ${elementsText(node.data)}`
}

/** Hexadecimal SHA-256 of the printed form. */
export const digest = (graph: Graph): string => createHash('sha256').update(print(graph)).digest('hex')
