/** A model of the smallest size with random weights, for tests of what measures models. */
import { trainTokenizer } from '../../runtime/data/bpe.ts'
import { loadTokenizer } from '../../runtime/data/tokenizer.ts'
import type { MammutConfig } from '../../runtime/model/config.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import type { LoadedModel } from '../../runtime/model/model_folder.ts'
import { networkOf } from '../../runtime/model/network.ts'
import { tinyMammut } from '../tiny_models.ts'

/** Images of 16 pixels, 8 dimensions. */
export function tinyModel(): LoadedModel<MammutConfig> {
  const tokenizer = loadTokenizer(trainTokenizer(['a lake', 'a river by a lake'], { vocabSize: 270 }))
  const config = tinyMammut({ text: { contextLength: 8, vocabSize: tokenizer.vocabSize } })
  return {
    config,
    network: networkOf(config),
    weights: initialWeights(config, 3),
    tokenizer,
    tokenizerFile: 'tokenizer.json',
  }
}
