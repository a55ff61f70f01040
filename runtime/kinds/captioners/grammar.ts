/** Captioner `grammar`. */
import type { FilledGrammarCaptioner } from '../../../dsl/kinds/filled.ts'
import type { CaptionWriter } from '../../data/captioner.ts'
import { createGrammar } from '../../data/grammar.ts'

/** A seeded grammar over the facts of a sample. */
export const grammar = ({ per_image }: FilledGrammarCaptioner, seed: number): CaptionWriter =>
  createGrammar({ perImage: per_image, seed })
