/** Model `mammut`: MaMMUT, and the tokenizer that it learns. */
import type { DatasetRef } from '../../recipe/scalars.ts'
import type { TextTower, Tower } from '../../recipe/towers.ts'
import { type ModelDefinition, type ModelExpanding, metricsIn } from '../definition.ts'
import { draft, input } from '../draft.ts'
import type { FilledMammutModel } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { mammutCost } from './mammut_cost.ts'
import { type MammutSize, mammutSizes } from './mammut_sizes.ts'
import { checkTowers } from './towers.ts'

/**
 * MaMMUT: ViT image encoder and one text decoder used in two passes.
 * @source Kuo et al., arXiv 2303.16839; Barzilai et al., arXiv 2503.08722 trains it
 */
export interface MammutModel {
  kind: 'mammut'
  /**
   * A size that gives every dimension that is not written. `micro` (2 M parameters) takes images of 64 pixels; `tiny`
   * (14 M), `small` (54 M), `base` (151 M) and `large` (435 M) are the ViTs Ti, S, B at patches of 16 and L at 14
   * pixels, for images of 224; `paper` (815 M) is SoViT-400m/14 with a text decoder of about as many parameters, this
   * project's reading. @default "micro"
   * @source Dosovitskiy et al., arXiv 2010.11929; Alabdulmohsin et al., arXiv 2305.13035
   */
  size?: MammutSize
  /** Image side; a multiple of the patch size. Absent: that of `size`. @presetBy size @minimum 8 @asType integer @unit pixels */
  image_size?: number
  /** Patch side. Absent: that of `size`. @presetBy size @minimum 2 @asType integer @unit pixels */
  patch_size?: number
  /** Image encoder. Absent: that of `size`. @presetBy size */
  vision?: Tower
  /** Text decoder. Absent: that of `size`. @presetBy size */
  text?: TextTower
  /** Width of the shared embedding. Absent: that of `size`. @presetBy size @minimum 4 @asType integer */
  embed_dim?: number
  /** Byte-level BPE trained on these captions. */
  tokenizer: TokenizerSpec
}

/** A tokenizer trained in the recipe, written as a Hugging Face `tokenizer.json`. */
export interface TokenizerSpec {
  kind: 'bpe'
  /** Vocabulary size, special tokens included. Absent: that of the model's `size`. @presetBy size @minimum 260 @asType integer @unit tokens */
  vocab_size?: number
  /** Datasets whose captions it learns from. @minItems 1 @examples [["places.train"]] */
  from: DatasetRef[]
}

const tokenizer = defineStage({
  kind: 'tokenizer',
  version: 1,
  needs: dataNeeds,
  spec: ({ tokenizer: { vocab_size, from } }: FilledMammutModel, { training }: ModelExpanding) => ({
    params: { vocab_size },
    inputs: { data: from.map(training) },
  }),
})

const tokenizerOf = (name: string): string => `${name}.tokenizer`

/** An architecture without weights; training starts from random ones. */
export const mammut = {
  kind: 'mammut',
  stages: [tokenizer],
  lacks: {},
  sizes: { field: 'size', preset: 'micro', dimensions: mammutSizes },
  paths: () => [],
  references: model => model.tokenizer.from.map((text, index) => ({ at: ['tokenizer', 'from', index], text })),
  cost: model => mammutCost(model),
  check: model => [
    ...checkTowers(model),
    ...(model.text.cross_attn_every <= model.text.layers
      ? []
      : [
          {
            code: 'shape-mismatch',
            at: ['text', 'cross_attn_every'],
            message: `'cross_attn_every' ${model.text.cross_attn_every} leaves none of ${model.text.layers} layers to attend to the image`,
            fix: { hint: `write at most ${model.text.layers}` },
          } as const,
        ]),
  ],
  metrics: name => [
    {
      stage: tokenizerOf(name),
      kind: tokenizer.kind,
      metrics: [...metricsIn('count', ['vocab_size', 'captions']), ...metricsIn('tokens', ['tokens_per_caption'])],
    },
  ],
  expand: (name, model, expanding) => [
    draft(tokenizer, { id: tokenizerOf(name), path: ['models', name] }, model, expanding),
  ],
  start(name, { kind: _, size: __, tokenizer: { vocab_size }, ...sizes }) {
    return { model: { ...sizes, vocab_size }, inputs: { tokenizer: input(tokenizerOf(name)) } }
  },
} as const satisfies ModelDefinition<'mammut', FilledMammutModel>
