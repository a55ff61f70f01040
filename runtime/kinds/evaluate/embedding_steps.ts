/** The steps of evaluations that embed images and texts. */
import { type ImageOutput, imageStep, textStep } from '../../evaluate/embed.ts'
import { type ModelConfig, networkOf } from '../../model/network.ts'
import { type PrintableStep, pairTypes, printableStep, weightTypes } from '../printable_step.ts'

/** Images, and texts, of a batch of an evaluation. */
export interface EmbeddingSizes {
  readonly images: number
  /** @default 'embeddings' */
  readonly output?: ImageOutput
  /** @default none, no texts are embedded */
  readonly texts?: number
}

/** The steps that embed so many images and texts. */
export function embeddingSteps(
  config: ModelConfig,
  { images, output = 'embeddings', texts }: EmbeddingSizes,
): readonly PrintableStep[] {
  const network = networkOf(config)
  const weights = weightTypes(network)
  const invariant = ['weights']
  const ofImages = printableStep(`${output} of ${images} images`, imageStep(network, output), {
    inputs: { images: pairTypes(network, images).images, weights },
    invariant,
  })
  if (texts === undefined) return [ofImages]
  const { tokens } = pairTypes(network, texts)
  return [
    ofImages,
    printableStep(`embeddings of ${texts} texts`, textStep(network), { inputs: { tokens, weights }, invariant }),
  ]
}
