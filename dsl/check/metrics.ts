/** The metrics of every stage of a recipe: what claims may be about. A test compares them with what a run leaves. */
import type { Entry, FilledRecipe } from './filled.ts'

/** A stage and the names of its metrics. */
export interface Measured {
  readonly kind: string
  readonly metrics: readonly string[]
}

/** Stages by their identity in the plan. */
export function measuredStages(recipe: FilledRecipe): ReadonlyMap<string, Measured> {
  const measured = new Map<string, Measured>()
  const add = (stage: string, kind: string, metrics: readonly string[]) => measured.set(stage, { kind, metrics })
  for (const [name, { kind }] of Object.entries(recipe.sources)) {
    if (kind === 'landmarks') add(`${name}.tiles`, kind, ['tiles', 'landmarks', 'dropped', ...splits])
    add(name, kind === 'landmarks' ? 'caption' : kind, sourceMetrics[kind])
  }
  for (const [name, { kind }] of Object.entries(recipe.filters))
    add(name, kind, kind === 'classifier' ? [...filtering, 'accuracy', 'labelled'] : filtering)
  for (const [name, { kind }] of Object.entries(recipe.models))
    if (kind === 'openclip') add(name, kind, ['parameters'])
    else add(`${name}.tokenizer`, 'tokenizer', ['vocab_size', 'tokens_per_caption', 'captions'])
  for (const [name, { phases, caption_weight }] of Object.entries(recipe.train))
    for (const phase of phases)
      add(`${name}.${phase.name}`, 'train', [
        ...['parameters', 'steps', 'loss', 'contrastive_loss'],
        ...(caption_weight === 0 ? [] : ['caption_loss']),
        ...(phase.stop_early === undefined ? [] : ['best_step', `validation_${phase.stop_early.metric}`]),
      ])
  for (const [name, { rounds, queries }] of Object.entries(recipe.distill))
    for (let round = 1; round <= rounds; round++) {
      const labels = Object.keys(queries).flatMap(concept => [`positive_${concept}`, `taught_${concept}`])
      add(`${name}.${round}.labels`, 'pseudo-label', labels)
      add(`${name}.${round}`, 'region-train', ['steps', 'loss', 'contrastive_loss', 'caption_loss', 'region_loss'])
    }
  for (const [name, evaluation] of Object.entries(recipe.evaluate))
    add(name, evaluation.kind, evaluationMetrics(evaluation))
  return measured
}

const splits = ['train', 'val', 'test']

const ofFiles = ['samples', 'captions', 'corrupt', 'copied', ...splits]

const sourceMetrics = {
  landmarks: ['captions', 'distinct_share', 'mean_words'],
  crawl: ['samples', 'overhead', 'copies'],
  folder: ofFiles,
  karpathy: ofFiles,
  webdataset: ofFiles,
  parquet: [...ofFiles, 'undownloaded'],
} as const

/** Precision, recall and F1 are there where samples carry human labels. */
const filtering = ['kept', 'dropped', 'precision', 'recall', 'f1']

function evaluationMetrics(evaluation: Entry<'evaluate'>): readonly string[] {
  switch (evaluation.kind) {
    case 'retrieval':
      return [
        ...['i2t_r1', 'i2t_r5', 'i2t_r10', 't2i_r1', 't2i_r5', 't2i_r10', 'mean_recall', 'chance_mean_recall'],
        ...['i2t_r1_times_chance', 't2i_r1_times_chance', 'mean_recall_times_chance'],
      ]
    case 'classification':
      // Top-5 is there from six classes on.
      return ['top1', 'top5', 'mean_class_recall', 'chance_top1', 'top1_times_chance']
    case 'linear-probe':
      return ['top1', 'top5', 'mean_class_recall', 'chance_top1', 'top1_times_chance', 'penalty', 'validation_top1']
    case 'captioning':
      return ['rouge_l', 'shuffled_rouge_l', 'words', 'distinct_share']
    case 'localisation': {
      const concepts = Object.keys(evaluation.queries)
      const ofMaps = ['iou', 'image_iou', 'pointing', 'ap'].flatMap(measure => [
        `mean_${measure}`,
        ...concepts.map(concept => `${measure}_${concept}`),
      ])
      // The mean mask is there where the dataset has a training split to take it from.
      return [...ofMaps, 'chance_mean_iou', 'mean_mask_mean_iou', 'mean_iou_over_mean_mask']
    }
  }
}

/** `pretrain.mix.caption_loss` -> stage `pretrain.mix`, metric `caption_loss`: names of metrics hold no dot. */
export function splitMetric(text: string): { readonly stage: string; readonly metric: string } {
  const dot = text.lastIndexOf('.')
  return { stage: text.slice(0, dot), metric: text.slice(dot + 1) }
}
