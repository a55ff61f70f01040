/** A tiny CLIP model in the files that CLIP models come in: weights by OpenCLIP's names, and a tokenizer like CLIP's. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRandom } from '../../runtime/data/random.ts'
import { byteAlphabet } from '../../runtime/data/tokenizer.ts'
import { floats } from '../../runtime/engine/mod.ts'
import { type OpenClipConfig, openClipShapes } from '../../runtime/model/openclip_config.ts'
import { type HostArrays, writeSafetensors } from '../../runtime/model/safetensors.ts'
import { tinyClip } from '../tiny_models.ts'

const merges = ['i n', 't h', 'th e</w>', 'l a', 'la k', 'lak e</w>', 's e', 'o f</w>', 'm o', 'u n', 'a n']
const characters = [...byteAlphabet, ...byteAlphabet.map(character => `${character}</w>`)]
const tokens = [...characters, ...merges.map(pair => pair.replace(' ', '')), '<|startoftext|>', '<|endoftext|>']

/** As Hugging Face writes CLIP's, with a small vocabulary: bytes, bytes that end a word, merges, begin and end. */
export const clipTokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: tokens.slice(-2).map((content, i) => ({
    ...{ id: tokens.length - 2 + i, content, single_word: false, lstrip: false, rstrip: false },
    ...{ normalized: i === 0, special: true },
  })),
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'NFC' },
      { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
      { type: 'Lowercase' },
    ],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      {
        type: 'Split',
        pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
        behavior: 'Removed',
        invert: true,
      },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    ],
  },
  post_processor: {
    type: 'RobertaProcessing',
    sep: ['<|endoftext|>', tokens.length - 1],
    cls: ['<|startoftext|>', tokens.length - 2],
    trim_offsets: false,
    add_prefix_space: false,
  },
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: '<|endoftext|>',
    continuing_subword_prefix: '',
    end_of_word_suffix: '</w>',
    fuse_unk: false,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges,
  },
}

/** Sizes of the tiny model. */
export const clipConfig: OpenClipConfig = tinyClip(tokens.length)

/** The same sizes as a recipe writes them. */
export const clipSizes = {
  image_size: clipConfig.vision.imageSize,
  patch_size: clipConfig.vision.patchSize,
  vision: towerOf(clipConfig.vision),
  text: { ...towerOf(clipConfig.text), context_length: clipConfig.text.contextLength },
  embed_dim: clipConfig.embedDim,
  vocab_size: clipConfig.text.vocabSize,
}

/** Random weights of sizes. */
export function clipWeights(config: OpenClipConfig, seed = 1): HostArrays {
  const random = createRandom(seed, 'clip')
  return Object.fromEntries(
    Object.entries(openClipShapes(config)).map(([name, shape]) => {
      const size = shape.reduce((product, side) => product * side, 1)
      const isGain = /ln_\w+\.weight$/.test(name)
      const value = () => (name === 'logit_scale' ? 2.6 : (isGain ? 1 : 0) + random.between(-0.2, 0.2))
      return [name, floats(Float32Array.from({ length: size }, value), shape)]
    }),
  )
}

function towerOf({ width, layers, heads }: OpenClipConfig['vision'] | OpenClipConfig['text']) {
  return { width, layers, heads }
}

/** Writes `clip.safetensors` and `clip_tokenizer.json` into a folder. */
export async function writeClip(folder: string, config = clipConfig): Promise<void> {
  // A name that no parameter has is left out by whoever reads it.
  const arrays = { ...clipWeights(config), attn_mask: floats(new Float32Array(4), [2, 2]) }
  await writeSafetensors(join(folder, 'clip.safetensors'), { arrays, metadata: {} })
  await writeFile(join(folder, 'clip_tokenizer.json'), JSON.stringify(clipTokenizer))
}
