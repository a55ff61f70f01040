/** Copies of state between an engine and the host. */
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { type HostArray, isNdArray, type NdArray } from './array.ts'
import type { Engine } from './engines.ts'
import { jit } from './jit.ts'
import type { tf } from './tfjs.ts'
import { leavesOf, mapTree, type Tree } from './tree.ts'

type Copying = { readonly state: tf.Tensor[] }

/**
 * The elements of every array of a state, by path. Arrays on a device are copied in one run and remain usable; those on
 * the host are returned as they are.
 */
export async function readState(state: Tree<NdArray>, engine: Engine): Promise<Readonly<Record<string, HostArray>>> {
  const leaves = leavesOf(state, isNdArray)
  const onDevice = leaves.flatMap(({ leaf }) => (leaf.location === 'device' ? [leaf] : []))
  const copied = onDevice.length === 0 ? [] : await copyAll(onDevice, engine)
  let next = 0
  return Object.fromEntries(
    leaves.map(({ path, leaf }) => {
      const array = leaf.location === 'host' ? leaf : copied[next++]
      if (array?.location !== 'host') throw new Error(`The array '${path}' did not come back from the device`)
      return [path, array]
    }),
  )
}

async function copyAll(arrays: readonly NdArray[], engine: Engine): Promise<readonly NdArray[]> {
  const copy = jit(({ state }: Copying) => ({ copied: state }), { engine })
  try {
    return (await copy({ state: arrays })).copied
  } finally {
    await copy.dispose()
  }
}

/**
 * Replaces the arrays of a state by those of the same paths, as `readState` gives them; throws a fault of data where one is
 * missing or differs in type.
 */
export function fillState<T extends Tree<NdArray>>(state: T, arrays: Readonly<Record<string, HostArray>>): T {
  return mapTree<NdArray, NdArray>(state, isNdArray, ({ shape, dtype }, path) => {
    const found = arrays[path]
    if (found === undefined) throw new DataFault(`The array '${path}' is missing`, { item: path })
    if (`${found.shape}` === `${shape}` && found.dtype === dtype) return found
    throw new DataFault(`The array '${path}' is ${found.dtype}[${found.shape}], not ${dtype}[${shape}]`, { item: path })
  }) as T
}
