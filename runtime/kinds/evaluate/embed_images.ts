/** Stage `embed-images`: features and embeddings of the images of a dataset, for every evaluation that reads them. */
import { evaluationBatch } from '../../../dsl/cost/estimates.ts'
import { storeImages } from '../../evaluate/stored_embeddings.ts'
import { readModel } from '../../model/model_folder.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import type { ListSteps } from '../printable_step.ts'
import { imageSteps } from './embedding_steps.ts'

/** Writes `embeddings.npy`, `features.npy`, `rows.parquet` and `embeddings.json`, as `stored_embeddings.ts` says. */
export async function run(context: StageContext<'embed-images'>): Promise<StageResult> {
  const { params, inputs, out, report, signal } = context
  const { weights } = params
  const model = await readModel(inputs.model.folder, { weights })
  const { images } = await storeImages(model, inputs.data, {
    out,
    weights,
    engine: await engineOf(context),
    batchSize: evaluationBatch,
    onDone(done, total) {
      signal.throwIfAborted()
      report.progress({ done, total, unit: 'images' })
    },
  })
  return { metrics: {}, summary: `${images.toLocaleString('en')} images embedded`, exhibits: [] }
}

/** The step of the stage. */
export const steps: ListSteps<'embed-images'> = async ({ config }) => imageSteps(config, evaluationBatch)
