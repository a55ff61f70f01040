/** Stage `openclip`: a CLIP model that the recipe brings with its weights, in the form of every model here. */
import { readTokenizer } from '../data/read_tokenizer.ts'
import { writeModel } from '../model/model_folder.ts'
import { networkOf } from '../model/network.ts'
import { readOpenClipWeights } from '../model/openclip.ts'
import type { OpenClipConfig } from '../model/openclip_config.ts'
import {
  type Params,
  readBoolean,
  readNumber,
  readNumbers,
  readOptionalNumber,
  readParams,
  readText,
} from './params.ts'
import type { StageContext, StageResult } from './stage.ts'

/**
 * Checks that weights have the shapes that the dimensions ask for and that the tokenizer is one of theirs, and writes the
 * model.
 *
 * Metric: `parameters`.
 */
export async function run({ params, externals, out }: StageContext): Promise<StageResult> {
  const fileOf = (field: string): string => {
    const path = externals[readText(params, field)]
    if (path === undefined) throw new Error(`The stage was not given the file of '${field}'; compile the recipe again`)
    return path
  }
  const config = readConfig(params)
  const network = networkOf(config)
  const weights = await readOpenClipWeights(fileOf('weights'), config)
  const tokenizerFile = fileOf('tokenizer')
  const tokenizer = await readTokenizer(tokenizerFile)
  if (tokenizer.vocabSize > network.vocabSize)
    throw new Error(
      `The tokenizer '${tokenizerFile}' has ${tokenizer.vocabSize} tokens, and the weights know ${network.vocabSize}; name the tokenizer.json that belongs to them`,
    )
  await writeModel(out, { config, weights, tokenizerFile })
  return {
    metrics: { parameters: network.parameters },
    summary: `${(network.parameters / 1e6).toFixed(1)} M parameters, images of ${network.imageSize} pixels`,
    exhibits: [],
  }
}

function readConfig(params: Params): OpenClipConfig {
  const tower = (of: Params) => {
    const width = readNumber(of, 'width')
    return {
      width,
      layers: readNumber(of, 'layers'),
      heads: readNumber(of, 'heads'),
      mlpRatio: (readOptionalNumber(of, 'mlp') ?? 4 * width) / width,
    }
  }
  const text = readParams(params, 'text')
  return {
    kind: 'openclip',
    embedDim: readNumber(params, 'embed_dim'),
    quickGelu: readBoolean(params, 'quick_gelu'),
    vision: {
      imageSize: readNumber(params, 'image_size'),
      patchSize: readNumber(params, 'patch_size'),
      ...tower(readParams(params, 'vision')),
    },
    text: {
      contextLength: readNumber(text, 'context_length'),
      vocabSize: readNumber(params, 'vocab_size'),
      ...tower(text),
    },
    mean: readNumbers(params, 'mean'),
    deviation: readNumbers(params, 'deviation'),
  }
}
