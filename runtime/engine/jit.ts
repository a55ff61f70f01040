/** Compiles ordinary tfjs steps. */
import { isNdArray, type NdArray } from './array.ts'
import { type CompileCache, type CompiledStep, cachedStep } from './cache.ts'
import { runEagerly } from './eager.ts'
import type { Engine } from './engines.ts'
import type { InputNode } from './graph/ir.ts'
import { optimize } from './graph/optimize.ts'
import { sameShape, type TensorType } from './graph/types.ts'
import { openHolding } from './holding.ts'
import { modelsOf } from './model.ts'
import type { Session } from './session.ts'
import type { tf } from './tfjs.ts'
import { trace } from './trace/trace.ts'
import { follows, leavesOf, mapTree, type Tree } from './tree.ts'

/** The same tree with arrays where the step has tensors. */
export type Arrays<T> = T extends tf.Tensor ? NdArray : { readonly [K in keyof T]: Arrays<T[K]> }

export interface JitOptions {
  readonly engine: Engine
  /**
   * Names of outputs, at the top of the record, that stay where the engine computes. Arrays that come in under
   * such a name are used up by the call.
   */
  readonly keep?: readonly string[]
  /**
   * Names of inputs, at the top of the record, that stay the same from call to call, as the weights of a model in use.
   * What depends on them alone is computed, and a device is given them, at the first call and whenever one of their arrays
   * is another; elements that change in place go unseen. An eager backend does without.
   */
  readonly fixed?: readonly string[]
  /** Where compiled forms are kept from process to process. Absent: nowhere. */
  readonly cache?: CompileCache
}

/** A compiled step. */
export interface Step<In, Out> {
  (inputs: Arrays<In>): Promise<Arrays<Out>>
  /** Frees every compiled form. */
  dispose(): Promise<void>
}

interface Compiled {
  readonly inputs: Tree<TensorType>
  readonly ready: Promise<{ readonly session: Session; readonly outputs: Tree<TensorType> }>
}

const isType = (value: unknown): value is TensorType =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'shape' in value

const topName = (path: string): string => path.split('.', 1)[0] ?? path

/**
 * Compiles `step`, a tfjs function from records of tensors to records of tensors, into one graph.
 *
 * The first call of each signature (shapes and dtypes) traces and compiles; later calls only run. Whatever changes
 * from call to call must be an input: numbers and tensors made inside are constants.
 *
 * Throws where an operation has no lowering, where the step reads a value, or where shapes do not fit, naming
 * the operation and the place in the caller's code.
 */
export function jit<In extends object, Out extends object>(
  step: (inputs: In) => Out,
  options: JitOptions,
): Step<In, Out> {
  const [kept, fixed] = [new Set(options.keep ?? []), new Set(options.fixed ?? [])]
  for (const name of fixed)
    if (kept.has(name))
      throw new Error(`A call uses up what is kept, so '${name}' cannot be fixed too; take it off one list`)
  const stays = (path: string) => kept.has(topName(path))
  const compiled: Compiled[] = []

  const compile = async (types: Tree<TensorType>) => {
    const { provider, threads, device } = options.engine
    const make = (): CompiledStep => {
      const { graph, outputs } = trace(step, types)
      const isFixed = ({ name }: InputNode) => fixed.has(topName(name))
      return { models: modelsOf(optimize(graph), isFixed, { provider, threads }), outputs }
    }
    const { models, outputs } = options.cache
      ? await cachedStep(options.cache, [provider, threads, types, [...fixed]], make)
      : make()
    return { session: await openHolding(models, { provider, threads, device, stays }), outputs }
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
      if (follows(tree, found.inputs, { isLeaf: isNdArray, isOther: isType, take })) return { found, arrays }
    }
    const types = mapTree(tree, isNdArray, ({ shape, dtype }): TensorType => ({ shape, dtype }))
    const found: Compiled = { inputs: types, ready: compile(types) }
    compiled.push(found)
    return { found, arrays: leavesOf(tree, isNdArray).map(({ leaf }) => leaf) }
  }

  const run = async (inputs: Arrays<In>): Promise<Arrays<Out>> => {
    const given: unknown = inputs
    const tree = given as Tree<NdArray>
    if (options.engine.eager !== undefined)
      return (await runEagerly(step, tree, { backend: options.engine.eager, stays })) as Arrays<Out>
    const { found, arrays } = find(tree)
    const { session, outputs } = await found.ready
    const results = (await session.run(arrays)).values()
    const outcome: unknown = mapTree(outputs, isType, (_, path) => {
      const { value } = results.next()
      if (value === undefined) throw new Error(`The compiled step has no output '${path}'`)
      return value
    })
    return outcome as Arrays<Out>
  }

  const dispose = async (): Promise<void> => {
    const all = await Promise.allSettled(compiled.splice(0).map(({ ready }) => ready))
    await Promise.all(all.map(result => (result.status === 'fulfilled' ? result.value.session.dispose() : undefined)))
  }

  return Object.assign(run, { dispose })
}
