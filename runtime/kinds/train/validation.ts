/** Validation of a model in training: retrieval on a held-out split. */
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { readIndex, readPixels } from '../../data/dataset.ts'
import type { Sample } from '../../data/sample.ts'
import { embedImages, embedTexts } from '../../evaluate/embed.ts'
import { recallsOf, retrieval } from '../../evaluate/retrieval.ts'
import type { LoadedModel } from '../../model/model_folder.ts'
import type { Validation } from '../../train/early_stopping.ts'
import { hostArrays } from '../../train/state.ts'
import type { StageContext } from '../context.ts'
import { engineOf } from '../engine.ts'

/** A validation, and the name of what it measures. */
export interface NamedValidation extends Validation {
  readonly metric: string
}

const batchSize = 64

/** The validation that `stop_early` of a phase of so many pairs a step asks for; undefined where it asks for none. */
export async function openValidation(
  context: StageContext<'train'>,
  { model, pairs }: { readonly model: LoadedModel; readonly pairs: number },
): Promise<NamedValidation | undefined> {
  const { params, inputs } = context
  const { validation } = inputs
  if (params.stop_early === undefined || validation === undefined) return undefined
  const { metric, every, patience } = params.stop_early
  const { folder, split } = validation
  const hasCaptions = ({ captions }: Sample): boolean => captions.length > 0
  const samples = (await readIndex(folder, split)).filter(hasCaptions)
  if (samples.length === 0)
    throw new DataFault(`The images of '${folder}' have no captions to validate by`, {
      hint: 'stop by another dataset',
    })
  const texts = samples.flatMap(({ captions }) => captions)
  const owner = Int32Array.from(samples.flatMap(({ captions }, image) => captions.map(() => image)))
  const { imageSize: size, embedDim: dim, preprocessing } = model.network
  const engine = await engineOf(context)
  return {
    metric,
    every: Math.max(1, Math.round(every / pairs)),
    patience,
    async measure(weights) {
      const judged = { ...model, weights: hostArrays(weights) }
      const { filter } = preprocessing
      const blocks = readPixels(folder, { split, size, filter, only: hasCaptions })
      const images = await embedImages(judged, blocks, { engine, batchSize, total: samples.length })
      const embedded = await embedTexts(judged, texts, { engine, batchSize })
      const pairs = { images, texts: embedded, owner, dim }
      // Another rule would stop a training run of the same key at another step.
      return recallsOf(await retrieval(pairs, { threads: engine.threads }), 'against')[metric]
    },
  }
}
