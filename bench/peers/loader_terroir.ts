/**
 * This project's side of the loader's benchmark: `loader_terroir.js FOLDER MODE THREADS`. It says that it is ready, and
 * then for each line with a number makes that many batches and answers with a line of JSON. MODE: `plain` decodes and
 * scales, `augment` crops, turns and changes colours as well, `held` does that to images held in memory, `training` makes
 * batches as `augment` does while a model trains on them.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chooseEngine, floatsOf } from '../../runtime/engine/mod.ts'
import type { MammutConfig } from '../../runtime/model/config.ts'
import { initialWeights } from '../../runtime/model/initialise.ts'
import type { Augmentation } from '../../runtime/train/augment.ts'
import { createLoader } from '../../runtime/train/loader.ts'
import type { LoaderSpeed } from '../../runtime/train/loading/speed.ts'
import type { PairSpec } from '../../runtime/train/pair_objective.ts'
import { train } from '../../runtime/train/trainer.ts'

const [folder = '.', mode = 'plain', threads = '1'] = process.argv.slice(2)

const config: MammutConfig = {
  imageSize: 64,
  patchSize: 8,
  vision: { width: 192, layers: 6, heads: 3 },
  text: { width: 192, layers: 4, heads: 3, contextLength: 32, vocabSize: 300, crossAttnEvery: 2 },
  embedDim: 192,
  mlpRatio: 4,
}
const batchSize = 64
const plain: Augmentation = { crop: 1, aspect: 1, filter: 'bilinear', dihedral: false, colour: 0 }
const augmented: Augmentation = { crop: 0.7, aspect: 4 / 3, filter: 'bilinear', dihedral: true, colour: 0.2 }

const loader = await createLoader({
  parts: [{ folder: join(folder, 'dataset'), weight: 1 }],
  tokenizerFile: join(folder, 'tokenizer.json'),
  contextLength: config.text.contextLength,
  imageSize: config.imageSize,
  batchSize,
  augmentation: mode === 'plain' ? plain : augmented,
  shuffle: 100_000,
  cacheBytes: mode === 'held' ? 2 ** 30 : 0,
  // Beside a trainer that wants every core, the loader has as many threads as it takes by itself.
  ...(mode !== 'training' && { threads: Number(threads) }),
  seed: 1,
  name: 'bench',
})

/** Makes batches as quickly as it can; returns the mean of their elements. */
async function make(batches: number): Promise<readonly number[]> {
  let sum = 0
  let count = 0
  for (let i = 0; i < batches; i++) {
    const images = floatsOf((await loader.next()).images)
    for (let at = 0; at < images.length; at += 97) sum += images[at] ?? 0
    count += Math.ceil(images.length / 97)
  }
  return [sum / count]
}

/** Trains for some steps; returns the images that the loader makes in a second of work, those that training takes, and the share of waiting. */
async function trainOn(steps: number): Promise<readonly number[]> {
  const before = loader.speed()
  let first: LoaderSpeed | undefined
  let [start, cpu] = [performance.now(), process.cpuUsage()]
  await train({
    engine: await chooseEngine('cpu', Number(threads)),
    weights: initialWeights(config, 1),
    optimizer: { beta1: 0.9, beta2: 0.98, weightDecay: 0.05, clipNorm: 1 },
    schedule: { peak: 1e-3, warmUp: 0.1, steps: steps + 2 },
    objective: {
      module: new URL('../../runtime/train/pair_objective.js', import.meta.url).href,
      spec: { config: { ...config, recompute: false }, captionWeight: 1 } satisfies PairSpec,
    },
    batchSize,
    loader,
    arrays: ({ images, tokens }) => ({ images, tokens }),
    // The first steps compile.
    onStep: ({ step }) => {
      if (step !== 2) return
      first = loader.speed()
      start = performance.now()
      cpu = process.cpuUsage()
    },
    signal: new AbortController().signal,
  })
  const [from, to] = [first ?? before, loader.speed()]
  const seconds = (performance.now() - start) / 1000
  const used = process.cpuUsage(cpu)
  const waited = to.waitedSeconds - from.waitedSeconds
  const worked = (to.workedSeconds - from.workedSeconds) / to.threads
  const made = to.made - from.made
  const delivered = to.delivered - from.delivered
  return [made / worked, delivered / (seconds - waited), waited / seconds, (used.user + used.system) / 1e6 / delivered]
}

// The first batch waits for the threads to start; where images are held, the first pass fills the memory.
await make(mode === 'held' ? 64 : 4)
console.log('{}')
for await (const line of createInterface({ input: process.stdin })) {
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  const values = await (mode === 'training' ? trainOn : make)(Number(line))
  const [seconds, used] = [(performance.now() - start) / 1000, process.cpuUsage(cpu)]
  console.log(JSON.stringify({ seconds, cpuSeconds: (used.user + used.system) / 1e6, values }))
}
await loader.close()
