/** Sizes of tiny models, and random batches for them. */
import type { Random } from '../runtime/data/random.ts'
import { floats, type HostArray, ints } from '../runtime/engine/mod.ts'
import type { MammutConfig } from '../runtime/model/config.ts'
import type { OpenClipConfig } from '../runtime/model/openclip_config.ts'

/** Fields of a tiny model that a test changes. */
export interface MammutChanges extends Partial<Omit<MammutConfig, 'vision' | 'text'>> {
  readonly vision?: Partial<MammutConfig['vision']>
  readonly text?: Partial<MammutConfig['text']>
}

/** A MaMMUT model with images of 16 pixels and captions of 6 tokens out of 20. */
export const tinyMammut = ({ vision, text, ...sizes }: MammutChanges = {}): MammutConfig => ({
  imageSize: 16,
  patchSize: 8,
  vision: { width: 16, layers: 1, heads: 2, ...vision },
  text: { width: 16, layers: 2, heads: 2, contextLength: 6, vocabSize: 20, crossAttnEvery: 2, ...text },
  embedDim: 8,
  mlpRatio: 2,
  ...sizes,
})

/** A CLIP model with images of 16 pixels and texts of 16 tokens. */
export const tinyClip = (vocabSize: number): OpenClipConfig => ({
  kind: 'openclip',
  embedDim: 8,
  quickGelu: false,
  vision: { imageSize: 16, patchSize: 4, width: 16, layers: 2, heads: 2, mlpRatio: 4 },
  text: { contextLength: 16, vocabSize, width: 16, layers: 2, heads: 2, mlpRatio: 4 },
})

/** Random pairs for a tiny MaMMUT model: noise, and captions of the full length. */
export function randomBatch(random: Random, pairs: number): { readonly images: HostArray; readonly tokens: HostArray } {
  const images = Float32Array.from({ length: pairs * 3 * 16 * 16 }, () => random.between(-1, 1))
  const tokens = Int32Array.from({ length: pairs * 6 }, (_, i) =>
    i % 6 === 0 ? 1 : i % 6 === 5 ? 2 : 3 + random.below(17),
  )
  return { images: floats(images, [pairs, 3, 16, 16]), tokens: ints(tokens, [pairs, 6]) }
}
