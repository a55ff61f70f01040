/** Every kind of stage: light to import, the work is loaded when it runs. */
import type { Needs } from '../../dsl/compile/plan.ts'
import { crawlFiles } from '../data/crawl/files.ts'
import { packageFiles } from '../data/externals.ts'
import { type Params, readBoolean, readOptionalNumber } from './params.ts'
import type { StageKind } from './stage.ts'

const MiB = 2 ** 20

/** Stages that read, cut and filter samples need no device. */
const data = (): Needs => ({ slots: 0, memory: 400 * MiB })
/** Stages that run a model need one. */
const model = (): Needs => ({ slots: 1, memory: 1200 * MiB })
/** Training may share a batch between several. */
const training = (params: Params): Needs => {
  const slots = readOptionalNumber(params, 'slots') ?? 1
  return { slots, memory: slots * 1200 * MiB }
}

const imagery = [packageFiles.photo, packageFiles.water, packageFiles.relief]

const landmarkFiles = (params: Params): readonly string[] => [
  ...imagery,
  ...(readBoolean(params, 'countries') ? [packageFiles.countries] : []),
  ...(readOptionalNumber(params, 'cities_above') === undefined ? [] : [packageFiles.cities]),
]

/** The kinds, each with the version of its behaviour. */
export const stageKinds: readonly StageKind[] = [
  {
    kind: 'landmarks',
    version: 2,
    packageFiles: landmarkFiles,
    needs: data,
    load: async () => (await import('./landmarks.ts')).run,
  },
  { kind: 'caption', version: 2, needs: data, load: async () => (await import('./caption.ts')).run },
  {
    kind: 'crawl',
    version: 2,
    packageFiles: () => Object.values(crawlFiles),
    needs: data,
    load: async () => (await import('./crawl.ts')).run,
  },
  { kind: 'folder', version: 3, needs: data, load: async () => (await import('./folder.ts')).run },
  { kind: 'karpathy', version: 1, needs: data, load: async () => (await import('./karpathy.ts')).run },
  { kind: 'webdataset', version: 2, needs: data, load: async () => (await import('./webdataset.ts')).run },
  { kind: 'parquet', version: 1, needs: data, load: async () => (await import('./parquet.ts')).run },
  { kind: 'join', version: 1, needs: data, load: async () => (await import('./join.ts')).run },
  { kind: 'rules', version: 1, needs: data, load: async () => (await import('./rules.ts')).run },
  { kind: 'classifier', version: 2, needs: data, load: async () => (await import('./classifier.ts')).run },
  { kind: 'dedup', version: 1, needs: data, load: async () => (await import('./dedup.ts')).run },
  { kind: 'decontaminate', version: 1, needs: data, load: async () => (await import('./decontaminate.ts')).run },
  { kind: 'tokenizer', version: 1, needs: data, load: async () => (await import('./tokenizer.ts')).run },
  { kind: 'openclip', version: 1, needs: data, load: async () => (await import('./openclip.ts')).run },
  { kind: 'train', version: 6, needs: training, load: async () => (await import('./train.ts')).run },
  { kind: 'pseudo-label', version: 2, needs: model, load: async () => (await import('./pseudo_label.ts')).run },
  { kind: 'region-train', version: 6, needs: training, load: async () => (await import('./region_train.ts')).run },
  { kind: 'retrieval', version: 3, needs: model, load: async () => (await import('./retrieval.ts')).run },
  { kind: 'classification', version: 3, needs: model, load: async () => (await import('./classification.ts')).run },
  { kind: 'linear-probe', version: 1, needs: model, load: async () => (await import('./linear_probe.ts')).run },
  { kind: 'captioning', version: 1, needs: model, load: async () => (await import('./captioning.ts')).run },
  { kind: 'localisation', version: 2, needs: model, load: async () => (await import('./localisation.ts')).run },
]
