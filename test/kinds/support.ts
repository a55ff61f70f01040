/** A tiny dataset of coloured squares, and training stages on it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Json } from '../../dsl/compile/plan.ts'
import { createDataset } from '../../runtime/data/dataset.ts'
import { createRandom } from '../../runtime/data/random.ts'
import { tokenizerJson } from '../../runtime/data/tokenizer.ts'
import type { AnyContext, Numbers, Progress, StageResult } from '../../runtime/kinds/context.ts'
import { runKind } from './run_kind.ts'

const colours = { red: [220, 30, 30], green: [30, 200, 40], blue: [40, 50, 220], yellow: [230, 220, 40] } as const

/** Writes squares: `train` ones and `val` ones, each captioned by its colour and number. */
export async function writeSquares(folder: string, splits: Readonly<Record<string, number>>): Promise<string> {
  const dataset = await createDataset(folder)
  const random = createRandom(1, 'squares')
  for (const [split, count] of Object.entries(splits))
    for (let i = 0; i < count; i++) {
      const [name, rgb] = Object.entries(colours)[i % 4] ?? ['red', colours.red]
      const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => (rgb[at % 3] ?? 0) + random.below(20))
      const image = await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
        .png()
        .toBuffer()
      const key = `${split}-${i}`
      const captions = [`a ${name} square ${i}`, `${name}, number ${i}`]
      await dataset.add({ key, split, captions, label: name, group: key, masks: [], facts: {}, image, maskFiles: {} })
    }
  await dataset.close()
  return folder
}

/** Parameters of a training stage on squares. */
export const squareParams: Readonly<Record<string, Json>> = {
  model: {
    image_size: 16,
    patch_size: 8,
    vision: { width: 16, layers: 2, heads: 2 },
    text: { width: 16, layers: 2, heads: 2, context_length: 12, cross_attn_every: 2 },
    embed_dim: 8,
    vocab_size: 259,
  },
  batch_size: 8,
  caption_weight: 1,
  optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.98, weight_decay: 0.05, clip_norm: 1, groups: [] },
  augment: { crop: 1, aspect: 1, filter: 'bilinear', dihedral: false, colour: 0 },
  shuffle: 100,
  data: [{ role: 'data.0', weight: 1 }],
  samples: 80,
  learning_rate: 0.003,
  warm_up: 0.1,
  seed: 0,
}

/** What a stage is told beside its parameters. */
export interface StageOptions {
  readonly params?: Readonly<Record<string, Json>>
  readonly inputs?: AnyContext['inputs']
  readonly settings?: Readonly<Record<string, Json>>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export interface StageRun {
  readonly result: StageResult
  readonly warnings: readonly string[]
  readonly logs: readonly string[]
  /** What goes into the journal. */
  readonly numbers: readonly Numbers[]
}

/** Runs a training stage in `folder/NAME`; squares lie in `folder/squares`. */
export async function runTraining(
  folder: string,
  name: string,
  { params = {}, inputs = {}, settings = {}, signal, onProgress = () => {} }: StageOptions = {},
): Promise<StageRun> {
  const [out, checkpoints, tokenizer] = [
    join(folder, name),
    join(folder, `${name}.checkpoints`),
    join(folder, 'tokenizer'),
  ]
  for (const made of [out, checkpoints, tokenizer]) await mkdir(made, { recursive: true })
  await writeFile(join(tokenizer, 'tokenizer.json'), JSON.stringify(tokenizerJson([])))
  const [warnings, logs, numbers]: [string[], string[], Numbers[]] = [[], [], []]
  const result = await runKind('train', {
    id: 'train.squares',
    params: { ...squareParams, ...params },
    settings: {
      slots: 1,
      recompute: false,
      checkpoint_every: 3600,
      keep_checkpoints: 2,
      image_cache: 2 ** 28,
      threads: 1,
      ...settings,
    },
    inputs: {
      tokenizer: { folder: tokenizer },
      'data.0': { folder: join(folder, 'squares'), split: 'train' },
      ...inputs,
    },
    files: {},
    out,
    checkpoints,
    engine: 'cpu',
    report: {
      progress: onProgress,
      log(text, values) {
        logs.push(text)
        if (values !== undefined) numbers.push(values)
      },
      warn: text => warnings.push(text),
    },
    signal: signal ?? new AbortController().signal,
  })
  return { result, warnings, logs, numbers }
}
