/** Stage `openclip`: a CLIP model that the recipe brings with its weights, in the form of every model here. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import type { FilledTower } from '../../../dsl/kinds/filled.ts'
import { readTokenizer } from '../../data/read_tokenizer.ts'
import { writeModel } from '../../model/model_folder.ts'
import { networkOf } from '../../model/network.ts'
import { readOpenClipWeights } from '../../model/openclip.ts'
import type { OpenClipConfig } from '../../model/openclip_config.ts'
import type { StageContext, StageResult } from '../context.ts'

/**
 * Checks that weights have the shapes that the dimensions ask for and that the tokenizer is one of theirs, and writes the
 * model.
 *
 * Metric: `parameters`.
 */
export async function run({ params, files, out }: StageContext<'openclip'>): Promise<StageResult> {
  const config = configOf(params)
  const network = networkOf(config)
  const weights = await readOpenClipWeights(files.weights, config)
  const tokenizerFile = files.tokenizer
  const tokenizer = await readTokenizer(tokenizerFile)
  if (tokenizer.vocabSize > network.vocabSize)
    throw new DataFault(
      `The tokenizer '${tokenizerFile}' has ${tokenizer.vocabSize} tokens, and the weights know ${network.vocabSize}`,
      { hint: 'name the tokenizer.json that belongs to them' },
    )
  await writeModel(out, { config, weights, tokenizerFile })
  return {
    metrics: { parameters: network.parameters },
    summary: `${(network.parameters / 1e6).toFixed(1)} M parameters, images of ${network.imageSize} pixels`,
    exhibits: [],
  }
}

/** The configuration of the model. */
export function configOf(params: StageContext<'openclip'>['params']): OpenClipConfig {
  const { vision, text } = params
  return {
    kind: 'openclip',
    embedDim: params.embed_dim,
    quickGelu: params.quick_gelu,
    vision: { imageSize: params.image_size, patchSize: params.patch_size, ...towerOf(vision) },
    text: { contextLength: text.context_length, vocabSize: params.vocab_size, ...towerOf(text) },
    mean: params.mean,
    deviation: params.deviation,
  }
}

const towerOf = ({ width, layers, heads, mlp = 4 * width }: FilledTower) => ({
  width,
  layers,
  heads,
  mlpRatio: mlp / width,
})
