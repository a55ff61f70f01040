/** The implementation of every kind of captioner, one line each. */
import type { FilledLandmarkSource } from '../../../dsl/kinds/filled.ts'
import type { CaptionWriter } from '../../data/captioner.ts'
import { grammar } from './grammar.ts'

/** A captioner as a recipe gives it. */
export type CaptionerSpec = FilledLandmarkSource['captions']

/** Makes a caption writer; the seed is that of the recipe. */
export type CreateCaptioner<Kind extends CaptionerSpec['kind']> = (
  spec: Extract<CaptionerSpec, { readonly kind: Kind }>,
  seed: number,
) => CaptionWriter

const implementations: { readonly [Kind in CaptionerSpec['kind']]: CreateCaptioner<Kind> } = {
  grammar,
}

/** The caption writer that a recipe describes. */
export const createCaptioner = (spec: CaptionerSpec, seed: number): CaptionWriter =>
  implementations[spec.kind](spec, seed)
