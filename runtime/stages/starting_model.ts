/** What a phase of training begins with. */
import { join } from 'node:path'
import { readTokenizer } from '../data/read_tokenizer.ts'
import { initialWeights } from '../model/initialise.ts'
import { type LoadedModel, readModel } from '../model/model_folder.ts'
import { networkOf } from '../model/network.ts'
import { readModelConfig } from './model_params.ts'
import { readNumber, readParams } from './params.ts'
import { inputFolder, type StageContext } from './stage.ts'

/**
 * The model of the phase before after its last step, the one that the recipe brings with its weights, or a fresh one with
 * the tokenizer that was learned for it. A changed architecture is an error that names both sizes.
 */
export async function startingModel({ inputs, params }: StageContext): Promise<LoadedModel> {
  const before = inputs.init && (await readModel(inputs.init.folder, { weights: 'last' }))
  const described = readParams(params, 'model')
  if (described.kind === 'openclip') {
    if (before?.network.kind === 'openclip') return before
    throw new Error('The phase was given no model with weights to start from; compile the recipe again')
  }
  const tokenizerFile = join(inputFolder(inputs, 'tokenizer').folder, 'tokenizer.json')
  const tokenizer = await readTokenizer(tokenizerFile)
  const wanted = readModelConfig(described)
  // A small corpus may give fewer merges than were asked for.
  const config = { ...wanted, text: { ...wanted.text, vocabSize: tokenizer.vocabSize } }
  const network = networkOf(config)
  if (before !== undefined && JSON.stringify(before.config) !== JSON.stringify(config))
    throw new Error(
      `The phase starts from a model of another architecture (${before.network.parameters} parameters, not ${network.parameters}); give both phases the same model`,
    )
  const weights = before?.weights ?? initialWeights(config, readNumber(params, 'seed'))
  return { config, network, weights, tokenizer, tokenizerFile }
}
