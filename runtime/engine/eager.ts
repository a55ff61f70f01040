/** Runs a tfjs step as it stands on a tfjs backend: `native`, or tfjs' own `cpu` in tests. */
import { type HostArray, hostArray, isNdArray, type NdArray } from './array.ts'
import type { Elements } from './graph/ir.ts'
import { tf } from './tfjs.ts'
import { graphDType } from './trace/recorder.ts'
import type { TensorTree } from './trace/trace.ts'
import { leavesOf, mapTree, type Tree } from './tree.ts'

export interface EagerOptions {
  /** Name of a registered tfjs backend. */
  readonly backend: string
  readonly stays: (path: string) => boolean
}

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor

function toTensor(array: NdArray): tf.Tensor {
  if (array.location === 'device') return array.handle as tf.Tensor
  return tf.tensor(array.data, [...array.shape], array.dtype)
}

async function readTensor(tensor: tf.Tensor): Promise<HostArray> {
  return hostArray((await tensor.data()) as Elements, { shape: tensor.shape, dtype: graphDType(tensor.dtype) })
}

/** Outputs under a kept name remain tensors of the backend; the others are read to the host and freed. */
export async function runEagerly(
  step: (inputs: never) => unknown,
  inputs: Tree<NdArray>,
  { backend, stays }: EagerOptions,
): Promise<Tree<NdArray>> {
  tf.setBackend(backend)
  let outputs: TensorTree = []
  const all = tf.tidy(() => {
    outputs = step(mapTree(inputs, isNdArray, toTensor) as never) as TensorTree
    return leavesOf(outputs, isTensor).map(({ leaf }) => leaf)
  })
  for (const { path, leaf } of leavesOf(inputs, isNdArray))
    if (stays(path) && leaf.location === 'device') leaf.release()
  const read = new Map<tf.Tensor, NdArray>()
  const kept = new Set(leavesOf(outputs, isTensor).flatMap(({ path, leaf }) => (stays(path) ? [leaf] : [])))
  for (const tensor of all) read.set(tensor, kept.has(tensor) ? onDevice(tensor) : await readTensor(tensor))
  for (const tensor of all) if (!kept.has(tensor)) tensor.dispose()
  return mapTree(outputs, isTensor, leaf => read.get(leaf) ?? onDevice(leaf))
}

const onDevice = (tensor: tf.Tensor): NdArray => ({
  location: 'device',
  shape: tensor.shape,
  dtype: graphDType(tensor.dtype),
  handle: tensor,
  read: () => readTensor(tensor),
  release: () => tensor.dispose(),
})
