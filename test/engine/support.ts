/** Helpers of the engine's tests. */
import '@tensorflow/tfjs-backend-cpu'
import { availableParallelism } from 'node:os'
import type { Graph } from '../../runtime/engine/graph/ir.ts'
import { type Engine, type HostArray, isNdArray, leavesOf, type NdArray, type Tree } from '../../runtime/engine/mod.ts'
import { modelOf } from '../../runtime/engine/model.ts'
import { openSession } from '../../runtime/engine/session.ts'

/** Compiles, and runs with so many threads. */
export const compiledEngine = (threads: number): Engine => ({ name: 'cpu', provider: 'cpu', threads })

/** Runs steps as they stand on tfjs' own `cpu` backend. */
export const eagerEngine: Engine = {
  name: 'native',
  provider: 'cpu',
  threads: availableParallelism(),
  eager: 'cpu',
}

/** Largest difference allowed: absolute near zero, relative elsewhere. */
export interface Tolerance {
  readonly absolute: number
  readonly relative: number
}

const close = (a: number, b: number, { absolute, relative }: Tolerance): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= absolute + relative * Math.abs(b)

const onHost = (array: NdArray): HostArray => {
  if (array.location !== 'host') throw new Error('The array is not on the host')
  return array
}

/** Differences of two trees in paths, shapes, dtypes, or in elements by more than the tolerance. */
export function differences(actual: Tree<NdArray>, expected: Tree<NdArray>, tolerance: Tolerance): string[] {
  const [ours, theirs] = [leavesOf(actual, isNdArray), leavesOf(expected, isNdArray)]
  const types = (leaves: typeof ours) => leaves.map(({ path, leaf }) => `${path}: ${leaf.dtype}[${leaf.shape}]`)
  if (`${types(ours)}` !== `${types(theirs)}`) return [`${types(ours)}, expected ${types(theirs)}`]
  return theirs.flatMap(({ path, leaf }, i) => {
    const [a, b] = [onHost(ours[i]?.leaf ?? leaf).data, onHost(leaf).data]
    const wrong = Array.from(b).findIndex((value, j) => !close(a[j] ?? Number.NaN, value, tolerance))
    return wrong < 0 ? [] : [`${path}: element ${wrong} is ${a[wrong]}, expected ${b[wrong]}`]
  })
}

/** Runs a graph as it is, once, or as it was emitted. */
export async function runGraph(graph: Graph, feeds: Readonly<Record<string, HostArray>>, onnx?: Uint8Array) {
  const target = { provider: 'cpu', threads: 1 } as const
  const model = modelOf(graph, target)
  const session = await openSession({ ...model, ...(onnx && { onnx }) }, { ...target, stays: () => false })
  const results = await session.run(
    graph.inputs.map(({ name }) => {
      const array = feeds[name]
      if (array === undefined) throw new Error(`No array for '${name}'`)
      return array
    }),
  )
  await session.dispose()
  return Object.fromEntries(
    results.map((array, i): [string, HostArray] => [graph.outputs[i]?.name ?? '', onHost(array)]),
  )
}

/** Message of the error that `body` ends with; throws where it ends well. */
export async function errorOf(body: () => Promise<unknown>): Promise<string> {
  try {
    await body()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('It ended well')
}
