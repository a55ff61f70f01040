/** Stage `folder`: a user's own images and captions. */
import { createDataset } from '../data/dataset.ts'
import { readFolder } from '../data/folder.ts'
import type { SampleFiles } from '../data/sample.ts'
import { createFigures } from './figures.ts'
import { readNumber, readOptionalNumber, readParams, readText } from './params.ts'
import type { StageContext, StageResult } from './stage.ts'

const shownSamples = 12

/**
 * Reads the folder, the stage's only external, and writes it as a dataset.
 *
 * Metrics: `samples`, `captions`, `corrupt` (images that were skipped), and `train`, `val` and `test` (images).
 */
export async function run({ params, externals, out, report, signal }: StageContext): Promise<StageResult> {
  const folder = Object.values(externals)[0]
  if (folder === undefined) throw new Error('The stage was given no folder; compile the recipe again')
  const split = readParams(params, 'split')
  const counts = { samples: 0, captions: 0, corrupt: 0, train: 0, val: 0, test: 0 }
  const samples = readFolder(folder, {
    captions: (params.captions ?? null) === null ? undefined : readText(params, 'captions'),
    tileSize: readNumber(params, 'tile_size'),
    val: readNumber(split, 'val'),
    test: readNumber(split, 'test'),
    maxCorrupt: readOptionalNumber(params, 'max_corrupt') ?? 0,
    seed: readNumber(params, 'seed'),
    warn(message) {
      counts.corrupt += 1
      report.warn(message)
    },
    onImages: (done, total) => report.progress({ done, total, unit: 'images' }),
  })
  const dataset = await createDataset(out)
  const shown: SampleFiles[] = []
  for await (const sample of samples) {
    signal.throwIfAborted()
    await dataset.add(sample)
    counts.samples += 1
    counts.captions += sample.captions.length
    counts[splitOf(sample)] += 1
    if (shown.length < shownSamples) shown.push(sample)
  }
  await dataset.close()
  const figures = shown.map(sample => ({ sample, figure: { lines: [...sample.captions] } }))
  return {
    metrics: counts,
    summary: `${counts.samples.toLocaleString('en')} images, ${counts.captions.toLocaleString('en')} captions`,
    exhibits: [{ kind: 'figures', title: 'The first images', items: await createFigures(out, figures) }],
  }
}

const splitOf = ({ split }: SampleFiles): 'train' | 'val' | 'test' =>
  split === 'test' || split === 'val' ? split : 'train'
