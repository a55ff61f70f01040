/** The model that a phase of training begins with. */

import { join } from 'node:path'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { readTokenizer } from '../../data/read_tokenizer.ts'
import { initialWeights } from '../../model/initialise.ts'
import { type LoadedModel, readModel } from '../../model/model_folder.ts'
import { networkOf } from '../../model/network.ts'
import type { StageContext } from '../context.ts'
import { mammutConfig } from '../models/mammut.ts'

/**
 * The model of the phase before after its last step, the one that the recipe brings with its weights, or a fresh one with
 * the tokenizer that was learned for it. A changed architecture is an error that names both sizes.
 */
export async function startingModel({
  inputs,
  params,
}: Pick<StageContext<'train'>, 'inputs' | 'params'>): Promise<LoadedModel> {
  const before = inputs.init && (await readModel(inputs.init.folder, { weights: 'last' }))
  const { model } = params
  if (inputs.tokenizer === undefined || !('vocab_size' in model)) {
    if (before !== undefined) return before
    throw new Error('The plan gives the phase neither a tokenizer nor a model with weights')
  }
  const tokenizerFile = join(inputs.tokenizer.folder, 'tokenizer.json')
  const tokenizer = await readTokenizer(tokenizerFile)
  const wanted = mammutConfig(model)
  // A small corpus may give fewer merges than were asked for.
  const config = { ...wanted, text: { ...wanted.text, vocabSize: tokenizer.vocabSize } }
  const network = networkOf(config)
  if (before !== undefined && JSON.stringify(before.config) !== JSON.stringify(config))
    throw new UserFault(
      `The phase starts from a model of another architecture (${before.network.parameters} parameters, not ${network.parameters})`,
      { hint: 'give both phases the same model' },
    )
  const weights = before?.weights ?? initialWeights(config, params.seed)
  return { config, network, weights, tokenizer, tokenizerFile }
}
