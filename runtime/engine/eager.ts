/** Runs a tfjs step uncompiled on a tfjs backend: `native`, or tfjs' own `cpu` in tests. */
import { type HostArray, hostArray, isNdArray, type NdArray } from './array.ts'
import type { Elements } from './graph/types.ts'
import { tf } from './tfjs.ts'
import { graphDType } from './trace/recorder.ts'
import { isTensor, type TensorTree } from './trace/trace.ts'
import { leavesOf, mapTree, type Tree } from './tree.ts'

/** Options of `runEagerly`. */
export interface EagerOptions {
  /** Name of a registered tfjs backend. */
  readonly backend: string
  /** True if the output of this path stays on the backend. */
  readonly stays: (path: string) => boolean
}

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
  const given = leavesOf(inputs, isNdArray)
  let outputs: TensorTree = []
  tf.tidy(() => {
    outputs = step(mapTree(inputs, isNdArray, toTensor) as never) as TensorTree
    return leavesOf(outputs, isTensor).map(({ leaf }) => leaf)
  })
  const results = leavesOf(outputs, isTensor)
  const arrays = new Map<string, NdArray>()
  for (const { path, leaf } of results) arrays.set(path, stays(path) ? onDevice(leaf) : await readTensor(leaf))
  // A step may return tensors that it was given; these are not freed.
  const alive = new Set<unknown>(results.flatMap(({ path, leaf }) => (stays(path) ? [leaf] : [])))
  for (const { path, leaf } of given) {
    if (leaf.location !== 'device') continue
    if (!stays(path)) alive.add(leaf.handle)
    else if (!alive.has(leaf.handle)) leaf.release()
  }
  for (const { leaf } of results) if (!alive.has(leaf)) leaf.dispose()
  return mapTree(outputs, isTensor, (leaf, path) => arrays.get(path) ?? onDevice(leaf))
}

const onDevice = (tensor: tf.Tensor): NdArray => ({
  location: 'device',
  shape: tensor.shape,
  dtype: graphDType(tensor.dtype),
  handle: tensor,
  read: () => readTensor(tensor),
  release: () => tensor.dispose(),
})
