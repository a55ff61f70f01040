/** The steps of stages that embed images or texts. */
import { imageStep, textStep } from '../../evaluate/embed.ts'
import { type ModelConfig, networkOf } from '../../model/network.ts'
import { type PrintableStep, pairTypes, printableStep, weightTypes } from '../printable_step.ts'

/** The step that embeds so many images. */
export function imageSteps(config: ModelConfig, count: number): readonly PrintableStep[] {
  const network = networkOf(config)
  const { images } = pairTypes(network, count)
  const inputs = { images, weights: weightTypes(network) }
  return [printableStep(`embeddings of ${count} images`, imageStep(network), { inputs, invariant: ['weights'] })]
}

/** The step that embeds so many texts. */
export function textSteps(config: ModelConfig, count: number): readonly PrintableStep[] {
  const network = networkOf(config)
  const { tokens } = pairTypes(network, count)
  const inputs = { tokens, weights: weightTypes(network) }
  return [printableStep(`embeddings of ${count} texts`, textStep(network), { inputs, invariant: ['weights'] })]
}
