/** Pictures of samples for the report, as small files in a stage's folder. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeImage, encodeJpeg } from '../data/image.ts'
import type { SampleFiles } from '../data/sample.ts'
import type { Figure } from './exhibit.ts'

/** The fields of a figure beside its picture. */
export type FigureOf = Omit<Figure, 'image'>

/** Writes `exhibits/KEY.jpg` for each sample and gives the figures, in order. */
export async function createFigures(
  out: string,
  shown: readonly { readonly sample: SampleFiles; readonly figure: FigureOf }[],
): Promise<readonly Figure[]> {
  await mkdir(join(out, 'exhibits'), { recursive: true })
  return Promise.all(
    shown.map(async ({ sample, figure }) => {
      const image = `exhibits/${sample.key}.jpg`
      const raster = await decodeImage(sample.image, { name: sample.key })
      await writeFile(join(out, image), await encodeJpeg(raster, 85))
      return { image, ...figure }
    }),
  )
}
