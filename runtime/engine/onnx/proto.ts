/** The part of the ONNX protobuf format that is written here (onnx.proto, IR version 10). */
import { PbfWriter } from 'pbf'
import type { Elements } from '../graph/types.ts'
import { elementTypes, type OnnxGraph, type OnnxNode, type OnnxTensor, type OnnxValue } from './types.ts'

const attributeType = { float: 1, integer: 2, string: 3, graph: 5, integers: 7 } as const

const bytesOf = (data: Elements | BigInt64Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

function writeTensor(tensor: OnnxTensor, pbf: PbfWriter): void {
  for (const side of tensor.dims) pbf.writeVarintField(1, side)
  pbf.writeVarintField(2, elementTypes[tensor.type])
  pbf.writeStringField(8, tensor.name)
  pbf.writeBytesField(9, bytesOf(tensor.data))
}

function writeValue(value: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name)
  pbf.writeMessage(
    2,
    (_, type) =>
      type.writeMessage(
        1,
        (_, tensor) => {
          tensor.writeVarintField(1, elementTypes[value.type])
          tensor.writeMessage(
            2,
            (_, shape) => {
              for (const side of value.dims)
                shape.writeMessage(1, (_, dimension) => dimension.writeVarintField(1, side), null)
            },
            null,
          )
        },
        null,
      ),
    null,
  )
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const name of node.inputs) pbf.writeStringField(1, name)
  for (const name of node.outputs) pbf.writeStringField(2, name)
  pbf.writeStringField(3, node.outputs[0] ?? '')
  pbf.writeStringField(4, node.type)
  const attribute = (name: string, type: number, write: (pbf: PbfWriter) => void) =>
    pbf.writeMessage(
      5,
      (_, message) => {
        message.writeStringField(1, name)
        write(message)
        message.writeVarintField(20, type)
      },
      null,
    )
  for (const [name, value] of Object.entries(node.floats ?? {}))
    attribute(name, attributeType.float, out => out.writeFloatField(2, value))
  for (const [name, value] of Object.entries(node.integers ?? {}))
    attribute(name, attributeType.integer, out => out.writeVarintField(3, value))
  for (const [name, value] of Object.entries(node.strings ?? {}))
    attribute(name, attributeType.string, out => out.writeStringField(4, value))
  for (const [name, values] of Object.entries(node.integerLists ?? {}))
    attribute(name, attributeType.integers, out => {
      for (const value of values) out.writeVarintField(8, value)
    })
  for (const [name, graph] of Object.entries(node.graphs ?? {}))
    attribute(name, attributeType.graph, out => out.writeMessage(6, writeGraph, graph))
  if (node.domain !== undefined) pbf.writeStringField(7, node.domain)
}

function writeGraph(graph: OnnxGraph, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node)
  pbf.writeStringField(2, 'step')
  for (const tensor of graph.initializers) pbf.writeMessage(5, writeTensor, tensor)
  for (const value of graph.inputs) pbf.writeMessage(11, writeValue, value)
  for (const value of graph.outputs) pbf.writeMessage(12, writeValue, value)
}

/** Serialises a model for opset 20 and onnxruntime's contributed operators. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, 10)
  pbf.writeStringField(2, 'terroir')
  pbf.writeMessage(7, writeGraph, graph)
  for (const [domain, version] of [
    ['', 20],
    ['com.microsoft', 1],
  ] as const)
    pbf.writeMessage(
      8,
      (_, opset) => {
        opset.writeStringField(1, domain)
        opset.writeVarintField(2, version)
      },
      null,
    )
  return pbf.finish()
}
