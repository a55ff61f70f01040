/** Embeddings of a dataset by a model: stages of their own, shared by every evaluation that reads them. */
import { estimateEmbedding, estimateTexts } from '../../cost/estimates.ts'
import type { ModelCost } from '../../cost/model_cost.ts'
import type { CaptionCleaning } from '../../recipe/cleaning.ts'
import { type Draft, draft, input } from '../draft.ts'
import type { RecordColumns } from '../records.ts'
import { defineStage, type Input, modelNeeds } from '../stage.ts'

/** A dataset, or one split of it, and the model that reads it. */
export interface Embedded {
  readonly model: Input
  readonly data: Input
  /** @default 'average' */
  readonly weights?: 'average' | 'last' | undefined
  readonly cost: ModelCost | undefined
}

/** Captions as they are read. */
export interface EmbeddedCaptions extends Embedded {
  readonly cleaning: CaptionCleaning
}

/** Columns of `rows.parquet`, which says what each row of the matrices is. */
export const embeddedColumns = {
  key: { type: 'text', about: 'The key of the sample.' },
  caption: { type: 'text', about: 'The caption as the model reads it; empty where the row is an image.' },
} as const satisfies RecordColumns

const records = { 'rows.parquet': embeddedColumns }

/** Image features and embeddings: one pass gives both. */
export const embedImages = defineStage({
  kind: 'embed-images',
  version: 1,
  needs: modelNeeds,
  makes: 'image embeddings',
  records,
  spec: ({ model, data, weights = 'average' }: Embedded) => ({ params: { weights }, inputs: { model, data } }),
  estimate: ({ cost }) => cost && estimateEmbedding(cost),
})

/** Embeddings of every caption. */
export const embedCaptions = defineStage({
  kind: 'embed-captions',
  version: 1,
  needs: modelNeeds,
  makes: 'caption embeddings',
  records,
  spec: ({ model, data, weights = 'average', cleaning }: EmbeddedCaptions) => ({
    params: { weights, cleaning },
    inputs: { model, data },
  }),
  estimate: ({ cost }) => cost && estimateTexts(cost),
})

/** Embeddings that an evaluation reads. */
export interface Embedding {
  readonly input: Input
  /** The stage that makes them; evaluations of one model and dataset have equal ones. */
  draft(path: Draft['path']): Draft
}

/** Embeddings of the images: stage `pretrain.mix.on.places.test`. */
export function imagesOf(embedded: Embedded): Embedding {
  const id = nameOf(embedded)
  return { input: input(id), draft: path => draft(embedImages, { id, path }, embedded) }
}

/** Embeddings of the captions: stage `pretrain.mix.on.places.test.captions`, with the cleaning where there is one. */
export function captionsOf(embedded: EmbeddedCaptions): Embedding {
  const { cleaning } = embedded
  const id = `${nameOf(embedded)}.captions${cleaning === 'none' ? '' : `.${cleaning}`}`
  return { input: input(id), draft: path => draft(embedCaptions, { id, path }, embedded) }
}

const nameOf = ({ model, data, weights }: Embedded): string =>
  [model.stage, weights === 'last' && 'last', 'on', data.stage, data.split].filter(Boolean).join('.')
