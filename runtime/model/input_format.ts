/** The input format of a model: preprocessing of images and the length of texts, as results record it. */
import type { Network } from './network.ts'

/** The record that is stored with every measurement of a model. */
export interface InputFormat {
  readonly imageSize: number
  readonly resize: string
  /** Means and standard deviations of red, green and blue over 0 to 1. */
  readonly normalisation: { readonly mean: readonly number[]; readonly deviation: readonly number[] }
  /** Most tokens of a text, with start and end token; longer texts are cut. */
  readonly contextLength: number
}

/** The input format of a model. */
export const inputFormatOf = ({ imageSize, contextLength, preprocessing }: Network): InputFormat => ({
  imageSize,
  resize: `shorter side by ${preprocessing.filter}, centre cut`,
  normalisation: { mean: preprocessing.mean, deviation: preprocessing.deviation },
  contextLength,
})
