/** The implementation of every kind of stage, one line each; the work is loaded when a stage runs. */
import type { StageKind } from '../../dsl/kinds/registry.ts'
import { type FindRun, groupedInputs, type Run } from './context.ts'

type Implementations = { readonly [Kind in StageKind]: () => Promise<{ readonly run: Run<Kind> }> }

const implementations: Implementations = {
  landmarks: () => import('./sources/landmarks.ts'),
  caption: () => import('./sources/caption.ts'),
  crawl: () => import('./sources/crawl.ts'),
  folder: () => import('./sources/folder.ts'),
  karpathy: () => import('./sources/karpathy.ts'),
  webdataset: () => import('./sources/webdataset.ts'),
  parquet: () => import('./sources/parquet.ts'),
  join: () => import('./sources/join.ts'),
  rules: () => import('./filters/rules.ts'),
  classifier: () => import('./filters/classifier.ts'),
  dedup: () => import('./filters/dedup.ts'),
  decontaminate: () => import('./filters/decontaminate.ts'),
  tokenizer: () => import('./models/tokenizer.ts'),
  openclip: () => import('./models/openclip.ts'),
  train: () => import('./train/train.ts'),
  'pseudo-label': () => import('./distill/pseudo_label.ts'),
  'region-train': () => import('./distill/region_train.ts'),
  retrieval: () => import('./evaluate/retrieval.ts'),
  classification: () => import('./evaluate/classification.ts'),
  'linear-probe': () => import('./evaluate/linear_probe.ts'),
  captioning: () => import('./evaluate/captioning.ts'),
  localisation: () => import('./evaluate/localisation.ts'),
}

const isKind = (kind: string): kind is StageKind => Object.hasOwn(implementations, kind)

/**
 * Finds implementations. The plan was made by the definitions that the types of implementations follow from: this is the
 * one place where a context is taken for that of its kind.
 */
export const findRun: FindRun = kind =>
  isKind(kind)
    ? async () => {
        const { run } = (await implementations[kind]()) as {
          readonly run: (context: object) => ReturnType<Run<StageKind>>
        }
        return context => run({ ...context, inputs: groupedInputs(context.inputs) })
      }
    : undefined
