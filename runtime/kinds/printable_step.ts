/** Steps that stages compile, by sizes alone: for printing, without data. */
import type { StageKind } from '../../dsl/kinds/registry.ts'
import { type Engine, type JitOptions, printStep, type TensorType, type Tree } from '../engine/mod.ts'
import type { MammutConfig } from '../model/config.ts'
import { isOpenClip, type ModelConfig, type Network } from '../model/network.ts'
import type { StageContext } from './context.ts'

/** A step that a stage compiles. */
export interface PrintableStep {
  /** Name for people, with the size of its batch. */
  readonly title: string
  /** The text of its graphs, as an engine compiles them. */
  print(engine: Engine): string
}

/** A stage before it runs, and the configuration of its model. */
export interface StageSizes<Kind extends StageKind> extends Pick<StageContext<Kind>, 'params' | 'settings'> {
  readonly config: ModelConfig
}

/** Lists the steps that a stage of a kind compiles. */
export type ListSteps<Kind extends StageKind> = (stage: StageSizes<Kind>) => Promise<readonly PrintableStep[]>

/** A step with the types of its inputs. */
export const printableStep = <In extends object, Out extends object>(
  title: string,
  step: (inputs: In) => Out,
  { inputs, invariant = [] }: { readonly inputs: Tree<TensorType> } & Pick<JitOptions, 'invariant'>,
): PrintableStep => ({ title, print: engine => printStep(step, inputs, { engine, invariant }) })

/** The type of an array of floats. */
export const floatType = (...shape: readonly number[]): TensorType => ({ shape, dtype: 'float32' })

/** The type of an array of integers. */
export const intType = (...shape: readonly number[]): TensorType => ({ shape, dtype: 'int32' })

/** Types of the weights of a model. */
export const weightTypes = ({ shapes }: Network): Readonly<Record<string, TensorType>> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, floatType(...shape)]))

/** Types of a batch of images and captions. */
export const pairTypes = ({ imageSize, contextLength }: Network, batch: number) => ({
  images: floatType(batch, 3, imageSize, imageSize),
  tokens: intType(batch, contextLength),
})

/** The configuration of a MaMMUT; throws where it is another model, which a checked recipe does not give here. */
export function mammutOf(config: ModelConfig): MammutConfig {
  if (isOpenClip(config)) throw new Error('A CLIP model stands in place of a MaMMUT')
  return config
}
