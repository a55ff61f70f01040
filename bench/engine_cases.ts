/** Cases of the engine's benchmark: sizes, seeded weights and batches, written to a folder that every peer reads. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRandom } from '../runtime/data/random.ts'
import type { SlidingWindow } from '../runtime/distill/sao.ts'
import { floats, type HostArray, ints } from '../runtime/engine/mod.ts'
import { type MammutConfig, parameterShapes } from '../runtime/model/config.ts'
import { type OpenClipConfig, openClipShapes } from '../runtime/model/openclip_config.ts'
import { type HostArrays, writeSafetensors } from '../runtime/model/safetensors.ts'
import { type AdamWSpec, isDecayed } from '../runtime/train/adamw.ts'

/** Content of `case.json`. */
export type Task =
  | { readonly kind: 'train-openclip'; readonly config: OpenClipConfig; readonly optimizer: OptimizerSpec }
  | {
      readonly kind: 'train-mammut'
      readonly config: MammutConfig
      readonly captionWeight: number
      readonly optimizer: OptimizerSpec
    }
  | { readonly kind: 'encode'; readonly config: OpenClipConfig }
  | {
      readonly kind: 'heatmaps'
      readonly config: MammutConfig
      readonly window: SlidingWindow
      readonly queries: number
    }

interface OptimizerSpec extends AdamWSpec {
  readonly learningRate: number
  /** Parameters under weight decay. */
  readonly decaying: readonly string[]
}

/** One line of the benchmark. */
export interface Case {
  readonly name: string
  readonly about: string
  /** Images of one step. */
  readonly images: number
  /** Steps that a peer runs before it is the other's turn. */
  readonly turn: number
  readonly task: Task
}

const clip: OpenClipConfig = {
  kind: 'openclip',
  embedDim: 192,
  quickGelu: false,
  vision: { imageSize: 64, patchSize: 8, width: 192, layers: 6, heads: 3, mlpRatio: 4 },
  text: { contextLength: 32, vocabSize: 8192, width: 192, layers: 4, heads: 3, mlpRatio: 4 },
}

const mammut: MammutConfig = {
  imageSize: 64,
  patchSize: 8,
  vision: { width: 128, layers: 4, heads: 4 },
  text: { width: 128, layers: 2, heads: 4, contextLength: 24, vocabSize: 2048, crossAttnEvery: 2 },
  embedDim: 128,
  mlpRatio: 4,
}

type Shapes = Readonly<Record<string, readonly number[]>>

const optimizer = (shapes: Shapes): OptimizerSpec => ({
  beta1: 0.9,
  beta2: 0.98,
  weightDecay: 0.1,
  clipNorm: 1,
  learningRate: 5e-4,
  decaying: Object.keys(shapes).filter(name => isDecayed(name, shapes[name] ?? [])),
})

const encode = (images: number, turn: number): Case => ({
  name: `encode-${images}`,
  about: `image encoder of the CLIP model, ${images} at a time`,
  images,
  turn,
  task: { kind: 'encode', config: clip },
})

export const cases: readonly Case[] = [
  {
    name: 'clip-train',
    about: 'CLIP training step: ViT 192 x 6, text 192 x 4, 32 tokens, vocabulary 8,192',
    images: 64,
    turn: 2,
    task: { kind: 'train-openclip', config: clip, optimizer: optimizer(openClipShapes(clip)) },
  },
  {
    name: 'mammut-train',
    about: 'MaMMUT training step, both passes: ViT 128 x 4, text 128 x 2, 24 tokens, vocabulary 2,048',
    images: 64,
    turn: 4,
    task: { kind: 'train-mammut', config: mammut, captionWeight: 1, optimizer: optimizer(parameterShapes(mammut)) },
  },
  encode(1, 200),
  encode(64, 6),
  {
    name: 'heatmaps',
    about: 'SAO heatmaps of 16 queries, window 3, from pixels and tokens',
    images: 64,
    turn: 6,
    task: { kind: 'heatmaps', config: mammut, window: { window: 3, stride: 1 }, queries: 16 },
  },
]

const size = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1)

/** Uniform with the deviation that a layer of this fan-in wants; norms are one, biases zero. */
function seededWeights(shapes: Shapes): HostArrays {
  const weights: Record<string, HostArray> = {}
  for (const [name, shape] of Object.entries(shapes)) {
    const data = new Float32Array(size(shape))
    const deviation = /embed|query/.test(name) && shape.length < 4 ? 0.02 : size(shape.slice(1)) ** -0.5
    const { between } = createRandom(1, name)
    if (name === 'logit_scale') data.fill(Math.log(1 / 0.07))
    else if (shape.length > 1) for (let i = 0; i < data.length; i++) data[i] = deviation * between(-1.73, 1.73)
    else if (name.endsWith('weight')) data.fill(1)
    weights[name] = floats(data, shape)
  }
  return weights
}

/** Texts of random length: token 1, random tokens, `end`, padding 0. */
function seededTokens(rows: number, { length, vocabulary, end, seed }: TokensOptions): HostArray {
  const tokens = new Int32Array(rows * length)
  const random = createRandom(seed, 'tokens')
  for (let row = 0; row < rows; row++) {
    const last = Math.floor(length / 2) + random.below(length / 2)
    tokens[row * length] = 1
    for (let i = 1; i < last; i++) tokens[row * length + i] = 3 + random.below(vocabulary - 4)
    tokens[row * length + last] = end
  }
  return ints(tokens, [rows, length])
}

interface TokensOptions {
  readonly length: number
  readonly vocabulary: number
  readonly end: number
  readonly seed: number
}

function seededImages(count: number, side: number, seed: number): HostArray {
  const { between } = createRandom(seed, 'images')
  return floats(
    Float32Array.from({ length: count * 3 * side * side }, () => between(-2, 2)),
    [count, 3, side, side],
  )
}

/** The arrays that change from step to step. */
function seededBatch({ images: count, task }: Case, seed: number): HostArrays {
  const texts = (rows: number, { end, seed }: { readonly end: number; readonly seed: number }) => {
    if (task.kind === 'encode') throw new Error('Images alone are encoded')
    const { contextLength: length, vocabSize: vocabulary } = task.config.text
    return seededTokens(rows, { length, vocabulary, end, seed })
  }
  switch (task.kind) {
    case 'train-openclip': {
      const tokens = texts(count, { end: task.config.text.vocabSize - 1, seed })
      return { images: seededImages(count, task.config.vision.imageSize, seed), tokens }
    }
    case 'train-mammut':
      return { images: seededImages(count, task.config.imageSize, seed), tokens: texts(count, { end: 2, seed }) }
    case 'encode':
      return { images: seededImages(count, task.config.vision.imageSize, seed) }
    case 'heatmaps': {
      // Each query has three prompts and three texts that it is told from.
      const rows = 3 * task.queries
      const images = seededImages(count, task.config.imageSize, seed)
      return { images, prompts: texts(rows, { end: 2, seed }), against: texts(rows, { end: 2, seed: seed + 2 }) }
    }
  }
}

/** Writes `case.json`, `weights.safetensors` and `batch0.safetensors`, `batch1.safetensors`. */
export async function writeCase(folder: string, benchCase: Case): Promise<void> {
  const { task } = benchCase
  const openClip = task.kind === 'train-openclip' || task.kind === 'encode'
  const shapes = openClip ? openClipShapes(task.config) : parameterShapes(task.config)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'case.json'), JSON.stringify(task))
  await writeSafetensors(join(folder, 'weights.safetensors'), { arrays: seededWeights(shapes), metadata: {} })
  for (const i of [0, 1])
    await writeSafetensors(join(folder, `batch${i}.safetensors`), { arrays: seededBatch(benchCase, i), metadata: {} })
}
