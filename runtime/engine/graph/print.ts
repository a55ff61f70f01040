/** The text form of a graph, for goldens, digests and debugging. */
import { createHash } from 'node:crypto'
import { type FillNode, type Graph, isApply, type Node, topological } from './ir.ts'
import type { Attribute, Attributes, Elements, TensorType } from './types.ts'

/** `a` ... `z`, `aa` ... */
export function valueName(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26))
  return index < 26 ? letter : valueName(Math.floor(index / 26) - 1) + letter
}

/** `float32[2,3]`. */
export const typeText = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(',')}]`

/** Tells 0 and -0 apart. */
const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

function attributeText(value: Attribute): string {
  if (Array.isArray(value)) return `[${value.join(',')}]`
  return typeof value === 'number' ? numberText(value) : String(value)
}

/** ` { alpha: 2, transposeA: true }` in the order of names; nothing where there are none. */
export function attributesText(attributes: Attributes): string {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0) return ''
  return ` { ${entries.map(([name, value]) => `${name}: ${attributeText(value)}`).join(', ')} }`
}

/** `fill 0.5`. */
export const fillText = (node: FillNode): string => `fill ${numberText(node.value)}`

function elementsText(data: Elements): string {
  if (data.length <= 8) return `[${Array.from(data, numberText).join(', ')}]`
  return `sha256:${createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')
    .slice(0, 16)}`
}

/** Names of the values of a graph, as `print` gives them. */
export const namesOf = (graph: Graph): ReadonlyMap<Node, string> =>
  new Map(topological(graph).map((node, i) => [node, valueName(i)]))

/**
 * Prints a graph: one node a line, `name: type = op(operands) {attributes}`, inputs first, outputs last.
 * Equal graphs print equally.
 */
export function print(graph: Graph): string {
  const names = namesOf(graph)
  const lines = [...names].map(([node, name]) => `  ${name}: ${typeText(node)} = ${rightSide(node, names)}`)
  const results = graph.outputs.map(({ name, node }) => `${name}: ${names.get(node)}`)
  return `graph {\n${lines.join('\n')}\n  return ${results.join(', ')}\n}\n`
}

function rightSide(node: Node, names: ReadonlyMap<Node, string>): string {
  if (isApply(node)) {
    const operands = node.inputs.map(operand => names.get(operand)).join(', ')
    return `${node.op}(${operands})${attributesText(node.attributes)}`
  }
  if (node.op === 'input') return `input ${node.name}`
  return node.op === 'fill' ? fillText(node) : `constant ${elementsText(node.data)}`
}

/** Hexadecimal SHA-256 of the printed form. */
export const digest = (graph: Graph): string => createHash('sha256').update(print(graph)).digest('hex')
