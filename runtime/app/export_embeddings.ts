/** Embeddings of a dataset as a table: those that are stored, and those that are computed for want of them. */
import { mkdir, rm } from 'node:fs/promises'
import type { Plan } from '../../dsl/compile/plan.ts'
import { evaluationBatch } from '../../dsl/cost/estimates.ts'
import type { EngineName } from '../../dsl/recipe.ts'
import { readIndex } from '../data/dataset.ts'
import { chooseEngine } from '../engine/mod.ts'
import { type TableSources, writeEmbeddings } from '../evaluate/embedding_table.ts'
import { type EmbeddedData, storeCaptions, storeImages } from '../evaluate/stored_embeddings.ts'
import type { Progress } from '../kinds/context.ts'
import type { ChosenWeights, LoadedModel } from '../model/model_folder.ts'
import { stageMakes } from './models.ts'

/** Embeddings of a dataset: its images and its captions as they stand. */
type Embeddings = { readonly [role in 'images' | 'captions']: string | undefined }

interface EmbeddingChoice {
  /** The stage that made the model. */
  readonly model: string
  readonly data: { readonly id: string; readonly split?: string }
  readonly weights: ChosenWeights
}

/** The stages of a plan that embed a dataset by a model for its evaluations. */
export function embeddingStages({ stages }: Plan, { model, data, weights }: EmbeddingChoice): Embeddings {
  const of = stages.filter(
    ({ inputs, params }) =>
      inputs.model?.stage === model &&
      inputs.data?.stage === data.id &&
      inputs.data.split === data.split &&
      params.weights === weights,
  )
  return {
    images: of.find(({ kind }) => stageMakes(kind, 'image embeddings'))?.id,
    captions: of.find(({ kind, params }) => stageMakes(kind, 'caption embeddings') && params.cleaning === 'none')?.id,
  }
}

/** Options of {@link exportEmbeddings}. */
export interface ExportedEmbeddings {
  readonly file: string
  readonly weights: ChosenWeights
  readonly engine: EngineName
  /** Folders of those that are there already. */
  readonly stored: Embeddings
  readonly onProgress: (progress: Progress) => void
}

/** Writes a row for each image of a dataset and each of its captions. */
export async function exportEmbeddings(
  model: LoadedModel,
  data: EmbeddedData,
  { file, weights, engine: name, stored, onProgress }: ExportedEmbeddings,
): Promise<{ readonly images: number; readonly texts: number }> {
  const made: string[] = []
  async function make(role: keyof TableSources): Promise<string> {
    const out = `${file}.${role}`
    made.push(out)
    await mkdir(out)
    const onDone = (done: number, total: number): void => onProgress({ done, total, unit: role })
    const options = { out, weights, engine: await chooseEngine(name), batchSize: evaluationBatch, onDone }
    if (role === 'images') await storeImages(model, data, options)
    else await storeCaptions(model, data, { ...options, cleaning: 'none' })
    return out
  }
  const isCaptioned = (await readIndex(data.folder, data.split)).some(({ captions }) => captions.length > 0)
  try {
    const images = stored.images ?? (await make('images'))
    const captions = isCaptioned ? (stored.captions ?? (await make('captions'))) : undefined
    return await writeEmbeddings({ images, captions }, { file })
  } finally {
    for (const folder of made) await rm(folder, { recursive: true, force: true })
  }
}
