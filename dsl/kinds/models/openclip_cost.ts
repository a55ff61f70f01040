/**
 * The costs of a CLIP model of OpenCLIP, in closed form from its sizes. Parameters and FLOPs of matrix products are exact,
 * activations a fit; tests hold all three to the engine's tracer.
 */
import type { ModelCost } from '../../cost/model_cost.ts'
import { blocks, channels, forwardHeld, hidden, type TowerSizes, type TowerWidths } from '../../cost/transformer.ts'

/** Sizes of an architecture, as a recipe gives them. */
export interface OpenClipSizes {
  readonly image_size: number
  readonly patch_size: number
  readonly vision: TowerSizes
  readonly text: TowerSizes & { readonly context_length: number }
  readonly embed_dim: number
  readonly vocab_size: number
}

/** Patches of an image; the class token is one token more. */
const patchesOf = ({ image_size, patch_size }: OpenClipSizes): number => Math.floor(image_size / patch_size) ** 2

/** Numbers that training changes. */
export function openClipParameters(sizes: OpenClipSizes): number {
  const { vision, text, embed_dim, vocab_size, patch_size } = sizes
  const linear = (out: number, into: number) => out * into + out
  const block = (of: TowerWidths) =>
    4 * of.width +
    linear(3 * of.width, of.width) +
    linear(of.width, of.width) +
    linear(hidden(of), of.width) +
    linear(of.width, hidden(of))
  const tokens = patchesOf(sizes) + 1
  const image =
    vision.width * (3 * patch_size ** 2 + 1 + tokens + 4) + vision.layers * block(vision) + vision.width * embed_dim
  const words = text.width * (vocab_size + text.context_length + 2) + text.layers * block(text) + text.width * embed_dim
  return image + words + 1
}

/** FLOPs of the patch embedding of a batch: it has no gradient towards its input. */
const patchFlops = (sizes: OpenClipSizes, batch: number): number =>
  2 * batch * patchesOf(sizes) * 3 * sizes.patch_size ** 2 * sizes.vision.width

/** FLOPs of one `width` by `width` layer for the tokens of the last block that are not pooled, which the engine leaves out. */
const unpooled = (
  { width }: TowerSizes,
  { batch, tokens }: { readonly batch: number; readonly tokens: number },
): number => 2 * batch * (tokens - 1) * width ** 2

/** FLOPs of what follows attention in the last block, for the tokens that are not pooled. */
const afterAttention = (of: TowerSizes, sizes: { readonly batch: number; readonly tokens: number }): number =>
  unpooled(of, sizes) * (1 + (2 * hidden(of)) / of.width)

/** FLOPs of image features after the patch embedding. The last block asks with the class token alone. */
function imageFlops(sizes: OpenClipSizes, batch: number): number {
  const tokens = patchesOf(sizes) + 1
  const { vision, embed_dim } = sizes
  const asking = unpooled(vision, { batch, tokens }) * (1 + (2 * tokens) / vision.width)
  const all = blocks(vision, { rows: batch * tokens, attended: tokens }) + 2 * batch * vision.width * embed_dim
  return all - asking - afterAttention(vision, { batch, tokens })
}

/** FLOPs of text features. The end tokens are known when the step runs, so that the last block attends for all tokens. */
export function openClipTextFlops({ text, embed_dim }: OpenClipSizes, batch: number): number {
  const tokens = text.context_length
  const all = blocks(text, { rows: batch * tokens, attended: tokens }) + 2 * batch * text.width * embed_dim
  return all - afterAttention(text, { batch, tokens })
}

/**
 * FLOPs of the matrix products of one contrastive step, forward and backward. The gradient goes back through queries, keys
 * and values as one layer, so that there the class token is not alone.
 */
export const openClipTrainFlops = (sizes: OpenClipSizes, batch: number): number =>
  2 * patchFlops(sizes, batch) +
  3 * (imageFlops(sizes, batch) + openClipTextFlops(sizes, batch) + 2 * batch ** 2 * sizes.embed_dim) +
  2 * unpooled(sizes.vision, { batch, tokens: patchesOf(sizes) + 1 })

/** FLOPs of the features of a batch of images. */
export const openClipEmbedFlops = (sizes: OpenClipSizes, batch: number): number =>
  patchFlops(sizes, batch) + imageFlops(sizes, batch)

/**
 * Numbers that a training step holds for its gradients at most, beside those as many as parameters. Of the last blocks, that
 * of images holds little when the most is held, and that of texts what its attention needs.
 */
export function openClipTrainActivations(
  sizes: OpenClipSizes,
  { batch, recompute = false }: { readonly batch: number; readonly recompute?: boolean },
): number {
  const { vision, text, image_size } = sizes
  const tokens = patchesOf(sizes) + 1
  const context = text.context_length
  const block = (of: TowerSizes, attended: number) => batch * attended * (channels(of) + of.heads * attended)
  const kept = (of: TowerSizes, attended: number) =>
    recompute ? of.layers * batch * attended * of.width : (of.layers - 1) * block(of, attended)
  /** A block computed once more, or what the attention of the last one for texts needs. */
  const again = recompute
    ? Math.max(block(vision, tokens), block(text, context))
    : batch * context * (6 * text.width + text.heads * context)
  const passing = batch * tokens * (channels(vision) + 2 * vision.heads * tokens)
  return 3 * batch * image_size ** 2 + kept(vision, tokens) + kept(text, context) + passing + again
}

/** Numbers that embedding images holds at most. */
export function openClipForwardActivations(sizes: OpenClipSizes, batch: number): number {
  const tokens = patchesOf(sizes) + 1
  return forwardHeld(sizes.vision, { rows: batch * tokens, attended: tokens })
}

/** Numbers that embedding texts holds at most. */
export function openClipTextActivations({ text }: OpenClipSizes, batch: number): number {
  const tokens = text.context_length
  return forwardHeld(text, { rows: batch * tokens, attended: tokens })
}

/** The costs of an architecture. */
export const openClipCost = (sizes: OpenClipSizes): ModelCost => ({
  parameters: openClipParameters(sizes),
  gridSide: Math.floor(sizes.image_size / sizes.patch_size),
  trainFlops: ({ batch }) => openClipTrainFlops(sizes, batch),
  trainActivations: shape => openClipTrainActivations(sizes, shape),
  embedFlops: batch => openClipEmbedFlops(sizes, batch),
  forwardActivations: batch => openClipForwardActivations(sizes, batch),
  textFlops: batch => openClipTextFlops(sizes, batch),
  textActivations: batch => openClipTextActivations(sizes, batch),
})
