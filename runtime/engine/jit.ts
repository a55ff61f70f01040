/** Compiles ordinary tfjs steps. */
import { isNdArray, type NdArray } from './array.ts'
import { type CompileCache, cachedStep, type StepArtifact } from './cache.ts'
import { runEagerly } from './eager.ts'
import type { Engine } from './engines.ts'
import type { InputNode } from './graph/ir.ts'
import { optimize } from './graph/optimize.ts'
import { isTensorType, sameShape, type TensorType } from './graph/types.ts'
import { openHoistedSession } from './hoisted_session.ts'
import { modelsOf } from './model.ts'
import type { Session } from './session.ts'
import type { tf } from './tfjs.ts'
import { trace } from './trace/trace.ts'
import { follows, leavesOf, mapTree, type Tree } from './tree.ts'

/** The same tree with arrays where the step has tensors. */
export type ArraysOf<T> = T extends tf.Tensor ? NdArray : { readonly [K in keyof T]: ArraysOf<T[K]> }

/** Options of `jit`. */
export interface JitOptions {
  readonly engine: Engine
  /**
   * Names of outputs, at the top of the record, that stay on the device. Input arrays under such a name are consumed by the
   * call.
   */
  readonly keep?: readonly string[]
  /**
   * Names of inputs, at the top of the record, that stay the same from call to call, such as the weights of a model in use.
   * Nodes that depend on them alone are computed, and the arrays copied to a device, at the first call and when one of the
   * arrays is another; elements that change in place have no effect. An eager backend ignores these names.
   */
  readonly invariant?: readonly string[]
  /** Folder of compiled steps, for later processes. @default none */
  readonly cache?: CompileCache
}

/** A compiled step. */
export interface Step<In, Out> {
  (inputs: ArraysOf<In>): Promise<ArraysOf<Out>>
  /** Frees every compiled form. */
  dispose(): Promise<void>
}

interface Compiled {
  readonly inputs: Tree<TensorType>
  readonly ready: Promise<{ readonly session: Session; readonly outputs: Tree<TensorType> }>
}

const topName = (path: string): string => path.split('.', 1)[0] ?? path

/** Tests if an input is under one of these names at the top of the record. */
export const isUnder =
  (names: ReadonlySet<string>) =>
  ({ name }: InputNode): boolean =>
    names.has(topName(name))

/**
 * Compiles `step`, a tfjs function from records of tensors to records of tensors, into one graph.
 *
 * The first call of each signature (shapes and dtypes) traces and compiles; later calls only run. Values that change from
 * call to call must be inputs: numbers and tensors made in the step are constants.
 *
 * Throws where an operation has no lowering, where the step reads a value, or where shapes do not fit; the message names
 * the operation and its position in the caller's code.
 */
export function jit<In extends object, Out extends object>(
  step: (inputs: In) => Out,
  options: JitOptions,
): Step<In, Out> {
  const [kept, invariant] = [new Set(options.keep ?? []), new Set(options.invariant ?? [])]
  for (const name of invariant)
    if (kept.has(name))
      throw new Error(`A call consumes kept arrays, so '${name}' cannot be invariant too; take it off one list`)
  const stays = (path: string) => kept.has(topName(path))
  const compiled: Compiled[] = []

  const compile = async (types: Tree<TensorType>) => {
    const { provider, threads, device } = options.engine
    const make = (): StepArtifact => {
      const { graph, outputs } = trace(step, types)
      return { models: modelsOf(optimize(graph), isUnder(invariant), { provider, threads }), outputs }
    }
    const { models, outputs } = options.cache
      ? await cachedStep(options.cache, [provider, threads, types, [...invariant]], make)
      : make()
    return { session: await openHoistedSession(models, { provider, threads, device, stays }), outputs }
  }

  /** The compiled form of such inputs, and the inputs as a list. */
  const find = (tree: Tree<NdArray>): { readonly found: Compiled; readonly arrays: readonly NdArray[] } => {
    const arrays: NdArray[] = []
    const take = (array: NdArray, { shape, dtype }: TensorType) => {
      arrays.push(array)
      return array.dtype === dtype && sameShape(array.shape, shape)
    }
    for (const found of compiled) {
      arrays.length = 0
      if (follows(tree, found.inputs, { isLeaf: isNdArray, isOther: isTensorType, take })) return { found, arrays }
    }
    const types = mapTree(tree, isNdArray, ({ shape, dtype }): TensorType => ({ shape, dtype }))
    const found: Compiled = { inputs: types, ready: compile(types) }
    compiled.push(found)
    return { found, arrays: leavesOf(tree, isNdArray).map(({ leaf }) => leaf) }
  }

  const run = async (inputs: ArraysOf<In>): Promise<ArraysOf<Out>> => {
    const given: unknown = inputs
    const tree = given as Tree<NdArray>
    if (options.engine.eager !== undefined)
      return (await runEagerly(step, tree, { backend: options.engine.eager, stays })) as ArraysOf<Out>
    const { found, arrays } = find(tree)
    const { session, outputs } = await found.ready
    const results = (await session.run(arrays)).values()
    const outcome: unknown = mapTree(outputs, isTensorType, (_, path) => {
      const { value } = results.next()
      if (value === undefined) throw new Error(`The compiled step has no output '${path}'`)
      return value
    })
    return outcome as ArraysOf<Out>
  }

  const dispose = async (): Promise<void> => {
    const all = await Promise.allSettled(compiled.splice(0).map(({ ready }) => ready))
    await Promise.all(all.map(result => (result.status === 'fulfilled' ? result.value.session.dispose() : undefined)))
  }

  return Object.assign(run, { dispose })
}
