/** Exports a model as a folder for other programs: weights, sizes, tokenizer and a README on their use. */
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MammutConfig } from './config.ts'
import { type InputFormat, inputFormatOf } from './input_format.ts'
import { type ChosenWeights, type LoadedModel, modelFiles } from './model_folder.ts'
import { isOpenClip } from './network.ts'
import type { OpenClipConfig } from './openclip_config.ts'

/** Provenance of an exported model, for its README. */
export interface ModelOrigin {
  readonly recipe: string
  readonly stage: string
  readonly key: string
  readonly weights: ChosenWeights
}

/**
 * Writes a model that was read from the folder `from` to the existing empty folder `to`. The files of a CLIP model have the
 * names that OpenCLIP expects, so that `open_clip.create_model('local-dir:FOLDER')` loads it.
 */
export async function exportModel(
  model: LoadedModel,
  { from, to, origin }: { readonly from: string; readonly to: string; readonly origin: ModelOrigin },
): Promise<void> {
  const { config } = model
  const isClip = isOpenClip(config)
  const files = isClip
    ? { weights: 'open_clip_model.safetensors', config: 'open_clip_config.json' }
    : { weights: 'model.safetensors', config: 'config.json' }
  const written = isClip ? openClipJson(config, inputFormatOf(model.network)) : mammutJson(config, model)
  await copyFile(modelFiles(from, origin.weights).weights, join(to, files.weights))
  await writeFile(join(to, files.config), `${JSON.stringify(written, null, 2)}\n`)
  await copyFile(model.tokenizerFile, join(to, 'tokenizer.json'))
  await writeFile(join(to, 'README.md'), readme(model, { files, origin }))
}

const mammutJson = (config: MammutConfig, { network }: LoadedModel) => ({
  kind: 'mammut',
  ...config,
  preprocessing: inputFormatOf(network),
})

/** The content of OpenCLIP's own `open_clip_config.json`. */
function openClipJson({ embedDim, quickGelu, vision, text }: OpenClipConfig, { normalisation }: InputFormat) {
  return {
    model_cfg: {
      embed_dim: embedDim,
      quick_gelu: quickGelu,
      vision_cfg: {
        image_size: vision.imageSize,
        patch_size: vision.patchSize,
        width: vision.width,
        layers: vision.layers,
        head_width: vision.width / vision.heads,
        mlp_ratio: vision.mlpRatio,
      },
      text_cfg: {
        context_length: text.contextLength,
        vocab_size: text.vocabSize,
        width: text.width,
        layers: text.layers,
        heads: text.heads,
        mlp_ratio: text.mlpRatio,
      },
    },
    preprocess_cfg: {
      mean: normalisation.mean,
      std: normalisation.deviation,
      interpolation: 'bicubic',
      resize_mode: 'shortest',
    },
  }
}

interface ReadmeContext {
  readonly files: { readonly weights: string; readonly config: string }
  readonly origin: ModelOrigin
}

function readme({ config, network }: LoadedModel, { files, origin }: ReadmeContext): string {
  const { imageSize, resize, normalisation, contextLength } = inputFormatOf(network)
  const list = (numbers: readonly number[]) => numbers.join(', ')
  const isClip = isOpenClip(config)
  const texts = isClip
    ? 'Texts: begin, tokens cut to fit, end, then zeros; the text encoder is pooled at the end token.'
    : 'Texts: `<start>` (1), tokens cut to fit, `<end>` (2), then `<pad>` (0). Every token that is not padding sees every other; their mean is projected.'
  return `# ${origin.stage} of ${origin.recipe}

${isClip ? 'A CLIP model in the format of OpenCLIP' : 'A MaMMUT model'} of ${network.parameters.toLocaleString('en')} parameters${origin.weights === 'last' ? ', as it was after the last step of training' : ''}, exported by terroir from the result ${origin.key}.

- \`${files.weights}\`: weights; linear ones are [out, in], \`visual.proj\` and the text projection [in, out].
- \`${files.config}\`: sizes.
- \`tokenizer.json\`: for Hugging Face's tokenizers.

Images: RGB, ${imageSize} x ${imageSize} pixels (${resize}), scaled to 0..1, less ${list(normalisation.mean)}, over ${list(normalisation.deviation)}, as [3, height, width].

${texts} At most ${contextLength} tokens.

Embeddings have ${network.embedDim} numbers and unit length; their products are cosines, which training multiplies by exp(\`logit_scale\`).
`
}
