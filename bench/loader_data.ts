/** What the loader's benchmark reads: JPEGs of 128 pixels, as a dataset and as the same files in a folder. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { imagery } from '../dsl/kinds/package_files.ts'
import { trainTokenizer } from '../runtime/data/bpe.ts'
import { createDataset } from '../runtime/data/dataset.ts'
import { createRandom } from '../runtime/data/random.ts'

/** Side of the stored images. */
const side = 128

/** Cuts `count` tiles of Blue Marble and writes `FOLDER/dataset`, `FOLDER/images/*.jpg` and `FOLDER/tokenizer.json`. */
export async function writeTiles(folder: string, count: number): Promise<void> {
  const photo = resolve(import.meta.dirname, '../../node_modules', imagery.photo)
  const { data, info } = await sharp(photo).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const random = createRandom(1, 'tiles')
  const captions = ['a satellite image of a coast with clear water', 'an aerial view of dry land and a river']
  await mkdir(join(folder, 'images'))
  const dataset = await createDataset(join(folder, 'dataset'))
  for (let i = 0; i < count; i++) {
    const [left, top] = [random.below(info.width - side), random.below(info.height - side)]
    const tile = sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
    const image = await tile.extract({ left, top, width: side, height: side }).jpeg({ quality: 90 }).toBuffer()
    const key = String(i).padStart(6, '0')
    await writeFile(join(folder, 'images', `${key}.jpg`), image)
    const rest = { captions, split: '', label: '', group: key, masks: [], facts: {}, image, maskFiles: {} }
    await dataset.add({ key, ...rest })
  }
  await dataset.close()
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(trainTokenizer(captions, { vocabSize: 300 })))
}
