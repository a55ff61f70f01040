/** Model `openclip`: CLIP in OpenCLIP's format, with its weights. */
import type { Path, Share } from '../../recipe/scalars.ts'
import type { TextEncoder, Tower } from '../../recipe/towers.ts'
import { type ModelDefinition, metricsIn } from '../definition.ts'
import { draft, input } from '../draft.ts'
import type { FilledOpenClipModel } from '../filled.ts'
import { dataNeeds, defineStage } from '../stage.ts'
import { openClipCost } from './openclip_cost.ts'
import { type OpenClipArchitecture, openClipArchitectures } from './openclip_sizes.ts'
import { checkTowers } from './towers.ts'

/**
 * CLIP in OpenCLIP's format, with its weights: evaluated as it is, or trained further, contrastively alone. RemoteCLIP,
 * GeoRSCLIP and SkyCLIP are distributed so.
 * @source Radford et al., arXiv 2103.00020; Ilharco et al., OpenCLIP
 */
export interface OpenClipModel {
  kind: 'openclip'
  /** OpenCLIP's name of a ViT with a class token; it gives every dimension that is not written. @default "ViT-B-32" */
  architecture?: OpenClipArchitecture
  /**
   * Weights by OpenCLIP's names, as safetensors. A PyTorch `.pt` or `.bin` file is a program that could do anything, and is
   * not read: convert it once with `safetensors.torch.save_file`. @examples ["clip/open_clip_model.safetensors"]
   */
  weights: Path
  /** Tokenizer of the model, as a Hugging Face `tokenizer.json`. @examples ["clip/tokenizer.json"] */
  tokenizer: Path
  /** Image side; a multiple of the patch size. Absent: that of `architecture`. @presetBy architecture @minimum 8 @asType integer @unit pixels */
  image_size?: number
  /** Patch side. Absent: that of `architecture`. @presetBy architecture @minimum 2 @asType integer @unit pixels */
  patch_size?: number
  /** Image encoder. Absent: that of `architecture`. @presetBy architecture */
  vision?: Tower
  /** Text encoder. Absent: that of `architecture`. @presetBy architecture */
  text?: TextEncoder
  /** Width of the shared embedding. Absent: that of `architecture`. @presetBy architecture @minimum 4 @asType integer */
  embed_dim?: number
  /** Vocabulary size of the token embedding. Absent: that of `architecture`. @presetBy architecture @minimum 8 @asType integer @unit tokens */
  vocab_size?: number
  /** True for OpenAI's approximation of GELU, as in models named `-quickgelu` and those of OpenAI. @default false */
  quick_gelu?: boolean
  /**
   * Means of red, green and blue, over 0 to 1, that images are normalised by. @minItems 3 @maxItems 3
   * @default [0.48145466, 0.4578275, 0.40821073] @source OpenAI's CLIP
   */
  mean?: Share[]
  /**
   * Standard deviations of red, green and blue that images are normalised by. @minItems 3 @maxItems 3
   * @default [0.26862954, 0.26130258, 0.27577711] @source OpenAI's CLIP
   */
  deviation?: Share[]
}

const stage = defineStage({
  kind: 'openclip',
  version: 1,
  needs: dataNeeds,
  makes: 'model',
  spec({ kind: _, architecture: __, weights, tokenizer, ...sizes }: FilledOpenClipModel) {
    return { params: sizes, files: { weights, tokenizer } }
  },
})

/** It comes with weights: it is measured as it is, or trained further. */
export const openclip = {
  kind: 'openclip',
  stages: [stage],
  hasWeights: true,
  lacks: {
    captions: 'a CLIP model, which has no decoder',
    maps: 'a CLIP model, which pools by a class token',
  },
  sizes: { field: 'architecture', preset: 'ViT-B-32', dimensions: openClipArchitectures },
  paths: ({ weights, tokenizer }) => [
    { path: weights, at: ['weights'], wanted: 'file' },
    { path: tokenizer, at: ['tokenizer'], wanted: 'file' },
  ],
  references: () => [],
  cost: model => openClipCost(model),
  check: model => checkTowers(model),
  checkFiles: ({ weights }) =>
    weights.endsWith('.safetensors')
      ? []
      : [
          {
            code: 'unreadable-file',
            at: ['weights'],
            message: `'${weights}' is not a safetensors file; PyTorch's own format is a program that could do anything, and is not read`,
            fix: {
              hint: `convert it once where you trust it: python3 -c "import torch; from safetensors.torch import save_file; save_file({k: v.contiguous() for k, v in torch.load('${weights}', map_location='cpu', weights_only=True).items()}, '${weights.replace(/\.[a-z]+$/, '')}.safetensors')"`,
            },
          },
        ],
  metrics: name => [{ stage: name, kind: stage.kind, metrics: metricsIn('count', ['parameters']) }],
  expand: (name, model) => [draft(stage, { id: name, path: ['models', name] }, model)],
  start: name => ({ model: { kind: 'openclip' }, inputs: { init: input(name) } }),
} as const satisfies ModelDefinition<'openclip', FilledOpenClipModel>
