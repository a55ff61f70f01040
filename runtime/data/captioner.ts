/** The interface of caption writers: grammars, and models behind an API. */
import type { SampleFiles } from './sample.ts'

/** Writes the captions of samples. */
export interface CaptionWriter {
  /** Captions of one sample, all different. Equal samples get equal captions where the writer is deterministic. */
  caption(sample: SampleFiles): Promise<readonly string[]>
}
