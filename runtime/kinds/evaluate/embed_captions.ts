/** Stage `embed-captions`: embeddings of the captions of a dataset, for every evaluation that reads them. */
import { evaluationBatch } from '../../../dsl/cost/estimates.ts'
import { storeCaptions } from '../../evaluate/stored_embeddings.ts'
import { readModel } from '../../model/model_folder.ts'
import type { StageContext, StageResult } from '../context.ts'
import { engineOf } from '../engine.ts'
import type { ListSteps } from '../printable_step.ts'
import { textSteps } from './embedding_steps.ts'

/** Writes `embeddings.npy`, `rows.parquet` and `embeddings.json`, as `stored_embeddings.ts` says. */
export async function run(context: StageContext<'embed-captions'>): Promise<StageResult> {
  const { params, inputs, out, report, signal } = context
  const { weights, cleaning } = params
  const model = await readModel(inputs.model.folder, { weights })
  const { captions } = await storeCaptions(model, inputs.data, {
    out,
    weights,
    cleaning,
    engine: await engineOf(context),
    batchSize: evaluationBatch,
    onDone(done, total) {
      signal.throwIfAborted()
      report.progress({ done, total, unit: 'captions' })
    },
  })
  return { metrics: {}, summary: `${captions.toLocaleString('en')} captions embedded`, exhibits: [] }
}

/** The step of the stage. */
export const steps: ListSteps<'embed-captions'> = async ({ config }) => textSteps(config, evaluationBatch)
