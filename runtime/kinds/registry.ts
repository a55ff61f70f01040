/** The implementation of every kind of stage, one line each; the work is loaded when a stage runs. */
import type { StageKind } from '../../dsl/kinds/registry.ts'
import type { JsonRecord } from '../../dsl/values/json.ts'
import type { ModelConfig } from '../model/network.ts'
import { type FindRun, groupedInputs, type Run, type StageContext } from './context.ts'
import type { ListSteps, PrintableStep } from './printable_step.ts'

interface Implementation<Kind extends StageKind> {
  readonly run: Run<Kind>
  /** Present where a stage compiles steps whose sizes follow from its parameters and its model. */
  readonly steps?: ListSteps<Kind>
  /** Present where a stage makes a model; undefined where that is the model of one of its inputs. */
  readonly configOf?: (params: StageContext<Kind>['params']) => ModelConfig | undefined
}

type Implementations = { readonly [Kind in StageKind]: () => Promise<Implementation<Kind>> }

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
  union: () => import('./filters/union.ts'),
  tokenizer: () => import('./models/tokenizer.ts'),
  openclip: () => import('./models/openclip.ts'),
  train: () => import('./train/train.ts'),
  'pseudo-label': () => import('./distill/pseudo_label.ts'),
  'region-train': () => import('./distill/region_train.ts'),
  'embed-images': () => import('./evaluate/embed_images.ts'),
  'embed-captions': () => import('./evaluate/embed_captions.ts'),
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

/** A stage of any kind, as its plan gives it. */
interface InspectedStage {
  readonly params: JsonRecord
  readonly settings: JsonRecord
}

/** The parts of an implementation that need no data, for stages of any kind. */
export interface Inspection {
  readonly steps?: (stage: InspectedStage & { readonly config: ModelConfig }) => Promise<readonly PrintableStep[]>
  readonly configOf?: (params: JsonRecord) => ModelConfig | undefined
}

/** Loads the parts of the implementation of a kind that need no data; none where there is no such kind. */
export async function findInspection(kind: string): Promise<Inspection> {
  if (!isKind(kind)) return {}
  return (await implementations[kind]()) as {
    readonly steps?: (stage: object) => ReturnType<ListSteps<StageKind>>
    readonly configOf?: (params: object) => ModelConfig | undefined
  }
}
