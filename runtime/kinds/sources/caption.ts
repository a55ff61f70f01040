/** Stage `caption`: writes the captions of a dataset; images stay where they are. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deriveDataset, readIndex, readSamples } from '../../data/dataset.ts'
import { imageExtension } from '../../data/image.ts'
import { createRandom } from '../../data/random.ts'
import type { Sample, SampleFiles } from '../../data/sample.ts'
import { createCaptioner } from '../captioners/registry.ts'
import type { StageContext, StageResult } from '../context.ts'
import type { Figure } from '../exhibit.ts'

/** Pictures shown in the report. */
const FIGURES = 12

/**
 * Writes captions and the dataset that carries them.
 *
 * Metrics: `captions`, `distinct_share` (different captions over all, 0 to 1), `mean_words`.
 */
export async function run({ params, inputs, out, report, signal }: StageContext<'caption'>): Promise<StageResult> {
  const { data } = inputs
  const { seed, overhead } = params
  const captioner = createCaptioner(params.captions, seed)
  const keys = (await readIndex(data.folder, data.split)).map(({ key }) => key)
  const shown = new Set(createRandom(seed, 'captions shown').shuffle(keys).slice(0, FIGURES))
  const rows: Sample[] = []
  const items: Figure[] = []
  for await (const sample of readSamples(data.folder, data.split)) {
    signal.throwIfAborted()
    const { image, maskFiles: _, ...row } = sample
    const captions = await captioner.caption(sample)
    rows.push({ ...row, ...(overhead !== undefined && { overhead }), captions })
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

async function writeFigure({ key, label, group, captions, image }: SampleFiles, out: string): Promise<Figure> {
  const file = `${key}.${imageExtension(image) ?? 'jpg'}`
  await writeFile(join(out, file), image)
  return { image: file, lines: [group, ...captions], tag: { text: label, tone: 'neutral' } }
}
