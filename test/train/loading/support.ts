/** Small datasets and loaders that tests read. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { trainTokenizer } from '../../../runtime/data/bpe.ts'
import { createDataset } from '../../../runtime/data/dataset.ts'
import { encodeJpeg, encodePng } from '../../../runtime/data/image.ts'
import { loadTokenizer } from '../../../runtime/data/tokenizer.ts'
import type { Augmentation } from '../../../runtime/train/augment.ts'
import { type Batch, createLoader, type Loader, type LoaderOptions } from '../../../runtime/train/loader.ts'

export const side = 8
export const contextLength = 12

const json = trainTokenizer(['a lake', 'a desert'], { vocabSize: 260 })
export const tokenizer = loadTokenizer(json)

/** Changes nothing. */
export const plain: Augmentation = { crop: 1, aspect: 1, filter: 'bilinear', dihedral: false, colour: 0 }
/** Changes everything that can be. */
export const lively: Augmentation = { crop: 0.5, aspect: 1.3, filter: 'bicubic', dihedral: true, colour: 0.3 }

/** A dataset of images of one colour: red is the sample's number. */
export async function coloured(
  folder: string,
  {
    samples,
    captions = ['a lake', 'a desert'],
    jpeg = false,
  }: { readonly samples: number; readonly captions?: readonly string[]; readonly jpeg?: boolean },
): Promise<void> {
  const dataset = await createDataset(folder)
  for (let i = 0; i < samples; i++) {
    const data = Uint8Array.from({ length: side * side * 3 }, (_, at) => (at % 3 === 0 ? i : 100))
    const raster = { data, width: side, height: side, channels: 3 } as const
    const image = await (jpeg ? encodeJpeg(raster, 100) : encodePng(raster))
    const key = `s${i}`
    const rest = { captions, label: '', group: key, masks: [], facts: {}, image, maskFiles: {} }
    await dataset.add({ key, split: 'train', ...rest })
  }
  await dataset.close()
}

/** Uses a loader over datasets, with a tokenizer written into `folder`. */
export async function using<T>(
  folder: string,
  options: Partial<LoaderOptions> & Pick<LoaderOptions, 'parts' | 'batchSize'>,
  use: (loader: Loader) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true })
  const tokenizerFile = join(folder, 'tokenizer.json')
  await writeFile(tokenizerFile, JSON.stringify(json))
  const defaults = { augmentation: plain, shuffle: 1000, cacheBytes: 2 ** 20, seed: 3, name: 'test' }
  const loader = await createLoader({ tokenizerFile, contextLength, imageSize: side, ...defaults, ...options })
  try {
    return await use(loader)
  } finally {
    await loader.close()
  }
}

/** The next batches. */
export async function take(loader: Loader, count: number): Promise<readonly Batch[]> {
  const batches: Batch[] = []
  for (let i = 0; i < count; i++) batches.push(await loader.next())
  return batches
}
