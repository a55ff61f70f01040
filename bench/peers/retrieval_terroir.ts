/** This project's side of the retrieval benchmark: `retrieval_terroir.js FOLDER THREADS`. One line of JSON comes out. */
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bootstrap } from '../../runtime/evaluate/bootstrap.ts'
import { intervalsOf } from '../../runtime/evaluate/confidence.ts'
import { retrievalContributions } from '../../runtime/evaluate/intervals.ts'
import { recallsOf, retrieval } from '../../runtime/evaluate/retrieval.ts'

const [folder = '', threads = '1'] = process.argv.slice(2)

/** Reads in pieces: a file of more than 2 GiB cannot be read at once. */
async function readFloats(name: string): Promise<Float32Array> {
  const file = await open(join(folder, name))
  const { size } = await file.stat()
  const floats = new Float32Array(size / 4)
  const bytes = new Uint8Array(floats.buffer)
  for (let at = 0; at < size; ) at += (await file.read(bytes, at, Math.min(2 ** 28, size - at), at)).bytesRead
  await file.close()
  return floats
}

const { images: count, captions, dim } = JSON.parse(await readFile(join(folder, 'case.json'), 'utf8'))
const input = {
  images: await readFloats('images.f32'),
  texts: await readFloats('texts.f32'),
  owner: Int32Array.from({ length: count * captions }, (_, text) => Math.floor(text / captions)),
  dim,
}
const start = performance.now()
const ranks = await retrieval(input, { threads: Number(threads) })
const ranked = performance.now()
const recalls = recallsOf(ranks, 'expected')
const units = Array.from({ length: count }, (_, image) => String(image))
const { sums, measures } = retrievalContributions(ranks, {
  owner: input.owner,
  ties: 'expected',
  units,
  chance: recalls,
})
const intervals = intervalsOf(bootstrap(sums, measures))
const ended = performance.now()
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    recalls,
    seconds: (ranked - start) / 1000,
    intervalSeconds: (ended - ranked) / 1000,
    interval: intervals.mean_recall,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  }),
)
