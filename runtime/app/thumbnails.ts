/** Thumbnails of samples that are listed. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserFault } from '../../dsl/diagnostics/faults.ts'
import { readImagesOf } from '../data/dataset.ts'
import { encodeThumbnail } from '../data/image.ts'
import { codeOf } from '../store/files.ts'
import { RequestFault } from './faults.ts'
import type { SampleList } from './samples.ts'

/** Longest side of a thumbnail in pixels. */
const side = 256

/**
 * Writes `KEY.jpg` for each sample of a list, no side longer than 256 pixels. Nothing is overwritten.
 *
 * @param to folder to make; it may be there and empty
 * @returns the number of thumbnails
 */
export async function writeThumbnails(list: SampleList, to: string): Promise<number> {
  if (list.images === undefined)
    throw new RequestFault(`The images of '${list.stage}' are not stored`, { hint: 'run the stages before it first' })
  const folder = resolve(to)
  await makeEmpty(folder)
  const keys = new Set<string>()
  for await (const { key } of list.rows()) if (typeof key === 'string') keys.add(key)
  for await (const { key, image } of readImagesOf(list.images, keys))
    await writeFile(join(folder, `${key}.jpg`), await encodeThumbnail(image, { name: `'${key}'`, side }))
  return keys.size
}

async function makeEmpty(folder: string): Promise<void> {
  const there = await readdir(folder).catch(error => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new UserFault(`"${folder}" is no folder`, { hint: 'name another with --thumbnails' })
  })
  if (there !== undefined && there.length > 0)
    throw new UserFault(`"${folder}" is not empty, and nothing is overwritten`, {
      hint: 'name another folder with --thumbnails',
    })
  await mkdir(folder, { recursive: true })
}
