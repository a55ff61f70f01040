/** Model `mammut`: the architecture that training initialises. */
import type { InitialisedModel } from '../../../dsl/kinds/definition.ts'
import type { MammutConfig, TransformerSizes } from '../../model/config.ts'

/** The configuration of an architecture. An MLP without a width of its own is four times as wide as its tower. */
export const mammutConfig = ({
  image_size,
  patch_size,
  vision,
  text,
  embed_dim,
  vocab_size,
}: InitialisedModel): MammutConfig => ({
  imageSize: image_size,
  patchSize: patch_size,
  vision: tower(vision),
  text: {
    ...tower(text),
    contextLength: text.context_length,
    crossAttnEvery: text.cross_attn_every,
    vocabSize: vocab_size,
  },
  embedDim: embed_dim,
  mlpRatio: 4,
})

const tower = ({ width, layers, heads, mlp }: TransformerSizes): TransformerSizes => ({
  width,
  layers,
  heads,
  ...(mlp !== undefined && { mlp }),
})
