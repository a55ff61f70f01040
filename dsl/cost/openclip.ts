/**
 * What a CLIP model of OpenCLIP costs, in closed form from its sizes. Parameters and FLOPs of matrix products are exact,
 * activations a fit; tests hold all three to the engine's tracer.
 */
import { blocks, channels, hidden, type Shape, type Tower } from './mammut.ts'

/** Sizes of an architecture, as a recipe gives them. */
export interface OpenClipSizes {
  readonly image_size: number
  readonly patch_size: number
  readonly vision: Tower
  readonly text: Tower & { readonly context_length: number }
  readonly embed_dim: number
  readonly vocab_size: number
}

/** Patches of an image; the class token is one token more. */
const patchesOf = ({ image_size, patch_size }: OpenClipSizes): number => Math.floor(image_size / patch_size) ** 2

/** Numbers that training changes. */
export function openClipParameters(sizes: OpenClipSizes): number {
  const { vision, text, embed_dim, vocab_size, patch_size } = sizes
  const linear = (out: number, into: number) => out * into + out
  const block = (of: Shape) =>
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

/** FLOPs of image features after the patch embedding. */
function imageFlops(sizes: OpenClipSizes, batch: number): number {
  const tokens = patchesOf(sizes) + 1
  const { vision, embed_dim } = sizes
  return blocks(vision, { rows: batch * tokens, seen: tokens }) + 2 * batch * vision.width * embed_dim
}

/** FLOPs of text features. */
function textFlops({ text, embed_dim }: OpenClipSizes, rows: number): number {
  const { context_length } = text
  return blocks(text, { rows: rows * context_length, seen: context_length }) + 2 * rows * text.width * embed_dim
}

/** FLOPs of the matrix products of one contrastive step, forward and backward. */
export const openClipTrainFlops = (sizes: OpenClipSizes, batch: number): number =>
  2 * patchFlops(sizes, batch) +
  3 * (imageFlops(sizes, batch) + textFlops(sizes, batch) + 2 * batch ** 2 * sizes.embed_dim)

/** FLOPs of the features of a batch of images. */
export const openClipEmbedFlops = (sizes: OpenClipSizes, batch: number): number =>
  patchFlops(sizes, batch) + imageFlops(sizes, batch)

/** Numbers that a training step holds for its gradients at most, beside those as many as parameters. */
export function openClipTrainActivations(
  sizes: OpenClipSizes,
  { batch, recompute = false }: { readonly batch: number; readonly recompute?: boolean },
): number {
  const { vision, text, image_size } = sizes
  const tokens = patchesOf(sizes) + 1
  const block = (of: Tower, seen: number) => batch * seen * (channels(of) + of.heads * seen)
  const kept = (of: Tower, seen: number) => of.layers * (recompute ? batch * seen * of.width : block(of, seen))
  const again = recompute ? Math.max(block(vision, tokens), block(text, text.context_length)) : 0
  const passing = batch * tokens * (channels(vision) + 2 * vision.heads * tokens)
  return 3 * batch * image_size ** 2 + kept(vision, tokens) + kept(text, text.context_length) + passing + again
}

/** Numbers that embedding images holds at most: in a block's MLP, or in its attention where there are many tokens. */
export function openClipForwardActivations(sizes: OpenClipSizes, batch: number): number {
  const { vision } = sizes
  const tokens = patchesOf(sizes) + 1
  return batch * tokens * Math.max(vision.width + 2 * hidden(vision), 4 * vision.width + 2 * vision.heads * tokens)
}
