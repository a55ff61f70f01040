/** Stage `caption`: writes the captions of a dataset; images stay where they are. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CaptionWriter } from '../data/captioner.ts'
import { deriveDataset, readIndex, readSamples } from '../data/dataset.ts'
import { createGrammar } from '../data/grammar.ts'
import { imageExtension } from '../data/image.ts'
import { createRandom } from '../data/random.ts'
import type { Sample, SampleFiles } from '../data/sample.ts'
import type { Figure } from './exhibit.ts'
import { type Params, readNumber, readParams, readText } from './params.ts'
import type { StageContext, StageResult } from './stage.ts'

/** Pictures shown in the report. */
const FIGURES = 12

/**
 * Writes captions and the dataset that carries them.
 *
 * Metrics: `captions`, `distinct_share` (different captions over all, 0 to 1), `mean_words`.
 */
export async function run({ params, inputs, out, report, signal }: StageContext): Promise<StageResult> {
  const data = inputs.data
  if (data === undefined) throw new Error("The stage was given no input 'data'; name the dataset to caption")
  const seed = readNumber(params, 'seed')
  const captioner = createCaptioner(readParams(params, 'captions'), seed)
  const keys = (await readIndex(data.folder, data.split)).map(({ key }) => key)
  const shown = new Set(createRandom(seed, 'captions shown').shuffle(keys).slice(0, FIGURES))
  const rows: Sample[] = []
  const items: Figure[] = []
  for await (const sample of readSamples(data.folder, data.split)) {
    signal.throwIfAborted()
    const { image, maskFiles: _, ...row } = sample
    const captions = await captioner.caption(sample)
    rows.push({ ...row, captions })
    if (shown.has(sample.key)) items.push(await writeFigure({ ...sample, captions }, out))
    if (rows.length % 100 === 0) report.progress({ done: rows.length, total: keys.length, unit: 'samples' })
  }
  await deriveDataset(data.folder, out, rows)
  const all = rows.flatMap(({ captions }) => captions)
  const words = all.reduce((sum, caption) => sum + caption.split(' ').length, 0)
  return {
    metrics: {
      captions: all.length,
      distinct_share: new Set(all).size / all.length,
      mean_words: words / all.length,
    },
    summary: `${all.length.toLocaleString('en')} captions of ${rows.length.toLocaleString('en')} images`,
    exhibits: [{ kind: 'figures', title: 'Images and their captions', items }],
  }
}

function createCaptioner(captions: Params, seed: number): CaptionWriter {
  const kind = readText(captions, 'kind')
  if (kind === 'grammar') return createGrammar({ perImage: readNumber(captions, 'per_image'), seed })
  throw new Error(`No captioner is called '${kind}'; use 'grammar'`)
}

async function writeFigure({ key, label, group, captions, image }: SampleFiles, out: string): Promise<Figure> {
  const file = `${key}.${imageExtension(image) ?? 'jpg'}`
  await writeFile(join(out, file), image)
  return { image: file, lines: [group, ...captions], tag: { text: label, tone: 'neutral' } }
}
