/**
 * The costs of a MaMMUT model, in closed form from its sizes, so that a plan needs no tracing.
 *
 * Parameters and FLOPs of matrix products are exact, activations a fit; tests hold all three to the engine's tracer.
 */

import type { Concepts, ModelCost, StepShape } from '../../cost/model_cost.ts'
import { blocks, channels, forwardHeld, hidden, type TowerSizes, type TowerWidths } from '../../cost/transformer.ts'

/** Sizes of an architecture, as a recipe gives them. */
export interface MammutSizes {
  readonly image_size: number
  readonly patch_size: number
  readonly vision: TowerSizes
  readonly text: TowerSizes & { readonly context_length: number; readonly cross_attn_every: number }
  readonly embed_dim: number
  readonly tokenizer: { readonly vocab_size: number }
}

/** Lengths that every formula uses. */
function lengths({ image_size, patch_size, text }: MammutSizes) {
  return {
    /** Image tokens. */
    patches: Math.floor(image_size / patch_size) ** 2,
    patchArea: 3 * patch_size ** 2,
    /** Tokens of the captioning pass: each but the last predicts the next. */
    predicted: text.context_length - 1,
    /** Text blocks that attend to the image. */
    crossing: Math.floor(text.layers / text.cross_attn_every),
  }
}

/** Numbers that training changes. */
export function parametersOf(sizes: MammutSizes): number {
  const { vision, text, embed_dim, tokenizer } = sizes
  const { patches, patchArea, crossing } = lengths(sizes)
  const norm = (width: number) => 2 * width
  const linear = (out: number, into: number) => out * into + out
  const block = ({ width, mlp }: TowerWidths) =>
    2 * norm(width) +
    linear(3 * width, width) +
    linear(width, width) +
    linear(hidden({ width, mlp }), width) +
    linear(width, hidden({ width, mlp }))
  const attention = (width: number, source: number) => 2 * linear(width, width) + 2 * linear(width, source)
  const image =
    linear(vision.width, patchArea) + patches * vision.width + vision.layers * block(vision) + norm(vision.width)
  const pooling = vision.width + attention(vision.width, vision.width) + norm(vision.width) + vision.width * embed_dim
  const words =
    (tokenizer.vocab_size + text.context_length) * text.width +
    text.layers * block(text) +
    crossing * (norm(text.width) + attention(text.width, vision.width)) +
    norm(text.width) +
    text.width * embed_dim
  return image + pooling + words + 1
}

/** FLOPs of the patch embedding of a batch: it has no gradient towards its input. */
function patchFlops(sizes: MammutSizes, batch: number): number {
  const { patches, patchArea } = lengths(sizes)
  return 2 * batch * patches * patchArea * sizes.vision.width
}

/** FLOPs of the image encoder of a batch, its patch embedding left out. */
function imageFlops(sizes: MammutSizes, batch: number): number {
  const { patches } = lengths(sizes)
  return blocks(sizes.vision, { rows: batch * patches, attended: patches })
}

/** FLOPs of scores and values of attention pooling. */
function poolingFlops(sizes: MammutSizes, batch: number): number {
  const { width } = sizes.vision
  return 2 * width ** 2 + 4 * batch * lengths(sizes).patches * width ** 2
}

/** FLOPs of the projection of pooled features to embeddings. */
const projectionFlops = ({ vision, embed_dim }: MammutSizes, rows: number): number =>
  2 * rows * vision.width * (vision.width + embed_dim)

/** FLOPs of image embeddings after the encoder. */
function embeddingFlops(sizes: MammutSizes, batch: number): number {
  const shares = 2 * batch * lengths(sizes).patches * sizes.vision.width
  return poolingFlops(sizes, batch) + shares + projectionFlops(sizes, batch)
}

/** FLOPs of text embeddings. */
export function textFlops({ text, embed_dim }: MammutSizes, rows: number): number {
  const tokens = { rows: rows * text.context_length, attended: text.context_length }
  return blocks(text, tokens) + 2 * rows * text.width * embed_dim
}

/** FLOPs of the captioning pass and its logits. */
function captionFlops(sizes: MammutSizes, batch: number): number {
  const { vision, text, tokenizer } = sizes
  const { patches, predicted, crossing } = lengths(sizes)
  const rows = batch * predicted
  const crossAttention =
    4 * rows * text.width ** 2 + 4 * batch * patches * vision.width * text.width + 4 * rows * patches * text.width
  return (
    blocks(text, { rows, attended: predicted }) +
    crossing * crossAttention +
    2 * rows * text.width * tokenizer.vocab_size
  )
}

/** FLOPs of the similarities of regions to the texts of concepts. */
const marginFlops = (sizes: MammutSizes, regions: number, { count, prompts, against }: Concepts): number =>
  textFlops(sizes, prompts + against) + 2 * regions * sizes.embed_dim * (count + against)

/**
 * FLOPs of the matrix products of one training step, forward and backward; a multiplication with its addition counts as
 * two. What is not a matrix product adds some percent.
 */
export function trainFlops(sizes: MammutSizes, { batch, captions, concepts }: StepShape): number {
  const regions = batch * lengths(sizes).patches
  const pairs = imageFlops(sizes, batch) + embeddingFlops(sizes, batch) + textFlops(sizes, batch)
  const logits = 2 * batch ** 2 * sizes.embed_dim
  const captioning = captions ? captionFlops(sizes, batch) : 0
  const region = concepts ? projectionFlops(sizes, regions) + marginFlops(sizes, regions, concepts) : 0
  // Both losses use the values of the pooling: computed once, they have a gradient from each.
  const values = concepts ? 4 * regions * sizes.vision.width ** 2 : 0
  return 2 * patchFlops(sizes, batch) + 3 * (pairs + logits + captioning + region) + values
}

/** FLOPs of the embeddings of a batch of images. */
export const embedFlops = (sizes: MammutSizes, batch: number): number =>
  patchFlops(sizes, batch) + imageFlops(sizes, batch) + embeddingFlops(sizes, batch)

/** FLOPs of the heatmaps of a batch of images; `windows` of the Smooth-Attention-Operation, absent for single patches. */
export function heatmapFlops(
  sizes: MammutSizes,
  { batch, concepts, windows }: { readonly batch: number; readonly concepts: Concepts; readonly windows?: number },
): number {
  const { vision } = sizes
  const { patches } = lengths(sizes)
  const regions = batch * (windows ?? patches)
  const encoded = patchFlops(sizes, batch) + imageFlops(sizes, batch)
  // A single patch is its own value; a window weighs its patches by their scores.
  const pooled =
    windows === undefined
      ? 2 * regions * vision.width ** 2
      : poolingFlops(sizes, batch) + 2 * regions * patches * (vision.width + vision.heads + concepts.count)
  return encoded + pooled + projectionFlops(sizes, regions) + marginFlops(sizes, regions, concepts)
}

/** Numbers that a training step holds for its gradients at most, beside those as many as parameters. */
export function trainActivations(
  sizes: MammutSizes,
  { batch, captions, concepts, recompute = false }: StepShape,
): number {
  const { vision, text, image_size, tokenizer } = sizes
  const { patches, predicted } = lengths(sizes)
  const context = text.context_length
  // A block keeps nine numbers a channel and token, two a channel of its MLP, and its attention's shares.
  const kept = (of: TowerWidths & { readonly heads: number }, rows: number, attended: number) =>
    rows * channels(of) + of.heads * rows * attended
  // What is computed again keeps a block's input, and the rest of one block at a time.
  const stack = (
    of: TowerWidths & { readonly heads: number; readonly layers: number },
    rows: number,
    attended: number,
  ) => (recompute ? of.layers * rows * of.width : of.layers * kept(of, rows, attended))
  const again = recompute ? Math.max(kept(vision, batch * patches, patches), kept(text, batch * context, context)) : 0
  const image = stack(vision, batch * patches, patches)
  const contrastive = stack(text, batch * context, context)
  const caption = captions
    ? stack(text, batch * predicted, predicted) + batch * predicted * (1.2 * tokenizer.vocab_size + channels(text))
    : 0
  const region = concepts
    ? 10 * batch * patches * vision.width + stack(text, (concepts.prompts + concepts.against) * context, context)
    : 0
  const passing = batch * patches * (channels(vision) + 2 * vision.heads * patches)
  return 3 * batch * image_size ** 2 + image + contrastive + caption + region + passing + again
}

/** Numbers that embedding images holds at most. */
export function forwardActivations(sizes: MammutSizes, batch: number): number {
  const { patches } = lengths(sizes)
  return forwardHeld(sizes.vision, { rows: batch * patches, attended: patches })
}

/** Numbers that embedding texts holds at most. */
export function textActivations({ text }: MammutSizes, batch: number): number {
  const tokens = text.context_length
  return forwardHeld(text, { rows: batch * tokens, attended: tokens })
}

/** The costs of an architecture. */
export const mammutCost = (sizes: MammutSizes): ModelCost => ({
  parameters: parametersOf(sizes),
  gridSide: Math.floor(sizes.image_size / sizes.patch_size),
  trainFlops: shape => trainFlops(sizes, shape),
  trainActivations: shape => trainActivations(sizes, shape),
  embedFlops: batch => embedFlops(sizes, batch),
  forwardActivations: batch => forwardActivations(sizes, batch),
  textFlops: batch => textFlops(sizes, batch),
  textActivations: batch => textActivations(sizes, batch),
  heatmapFlops: shape => heatmapFlops(sizes, shape),
})
