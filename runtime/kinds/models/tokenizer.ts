/** Stage `tokenizer`: byte-level BPE trained on captions. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataFault } from '../../../dsl/diagnostics/faults.ts'
import { trainTokenizer } from '../../data/bpe.ts'
import { readIndex } from '../../data/dataset.ts'
import { loadTokenizer, type Tokenizer } from '../../data/tokenizer.ts'
import type { StageContext, StageResult } from '../context.ts'

const shownCaptions = 8

/**
 * Trains on the captions of the inputs `data` and writes `tokenizer.json`.
 *
 * Metrics: `vocab_size` (what was reached), `tokens_per_caption` (without start and end), `captions`.
 */
export async function run({ params, inputs, out }: StageContext<'tokenizer'>): Promise<StageResult> {
  const captions: string[] = []
  for (const { folder, split } of inputs.data)
    for (const sample of await readIndex(folder, split)) captions.push(...sample.captions)
  if (captions.length === 0)
    throw new DataFault('The tokenizer has no captions to learn from', { hint: 'name datasets with captions' })
  const json = trainTokenizer(captions, { vocabSize: params.vocab_size })
  await writeFile(join(out, 'tokenizer.json'), `${JSON.stringify(json, null, 1)}\n`)
  const tokenizer = loadTokenizer(json)
  const tokens = captions.reduce((sum, caption) => sum + tokenizer.encode(caption).length, 0)
  const perCaption = tokens / captions.length
  const step = Math.ceil(captions.length / shownCaptions)
  return {
    metrics: { vocab_size: tokenizer.vocabSize, tokens_per_caption: perCaption, captions: captions.length },
    summary: `${tokenizer.vocabSize.toLocaleString('en')} tokens, ${perCaption.toFixed(1)} to a caption`,
    exhibits: [
      {
        kind: 'table',
        title: 'Captions and their tokens',
        columns: ['Caption', 'Tokens', 'Number'],
        rows: captions.filter((_, i) => i % step === 0).map(caption => tokensOf(caption, tokenizer)),
      },
    ],
  }
}

function tokensOf(caption: string, tokenizer: Tokenizer): readonly (string | number)[] {
  const ids = tokenizer.encode(caption)
  return [caption, ids.map(id => tokenizer.decode([id])).join(' · '), ids.length]
}
