/** How a model reads images and texts, as results tell it. */
import type { Network } from './network.ts'

/** What is stored with every measure of a model. */
export interface InputFormat {
  readonly imageSize: number
  readonly resize: string
  /** Means and standard deviations of red, green and blue over 0 to 1. */
  readonly normalisation: { readonly mean: readonly number[]; readonly deviation: readonly number[] }
  /** Most tokens of a text, begin and end included; longer ones are cut. */
  readonly contextLength: number
}

/** How a model reads. */
export const inputFormatOf = ({ imageSize, contextLength, preprocessing }: Network): InputFormat => ({
  imageSize,
  resize: `shorter side by ${preprocessing.filter}, centre cut`,
  normalisation: { mean: preprocessing.mean, deviation: preprocessing.deviation },
  contextLength,
})
