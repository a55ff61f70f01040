/**
 * This project's side of the engine's benchmark: `engine_terroir.js FOLDER THREADS ENGINE`. It says that it is ready, and
 * then for each line with a number runs that many of the case's steps and answers with a line of JSON. The line `flops`
 * is answered with those of a step, `products` with those a second that matrix products alone reach.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { InferenceSession } from 'onnxruntime-node'
import type { EngineName } from '../../dsl/recipe.ts'
import { averageWindows, margins, type QueryTokens, windowEmbeddings } from '../../runtime/distill/sao.ts'
import { costOf } from '../../runtime/engine/graph/cost.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import {
  type ArraysOf,
  chooseEngine,
  type Engine,
  floats,
  floatsOf,
  type HostArray,
  isNdArray,
  type JitOptions,
  jit,
  mapTree,
  type NdArray,
  scalarOf,
  type Tree,
  tf,
} from '../../runtime/engine/mod.ts'
import { trace } from '../../runtime/engine/trace/trace.ts'
import { unit, weight } from '../../runtime/model/layers.ts'
import { imageTokens } from '../../runtime/model/mammut.ts'
import { encodeImage, encodeText } from '../../runtime/model/openclip.ts'
import { type HostArrays, readSafetensors } from '../../runtime/model/safetensors.ts'
import { contrastiveLoss } from '../../runtime/train/losses.ts'
import type { BatchTensors, StepLosses } from '../../runtime/train/objective.ts'
import { pairLosses } from '../../runtime/train/pair_objective.ts'
import { trainStep } from '../../runtime/train/step.ts'
import type { Task } from '../engine_cases.ts'

const [folder = '.', threads = '1', name = 'cpu'] = process.argv.slice(2)
/** The case names all that its step computes. */
const cache = { folder, key: 'benchmark' }

interface Work {
  readonly engine: Engine
  readonly weights: HostArrays
  readonly batches: readonly HostArrays[]
}

/** Runs step number `i` and gives a few of its numbers to compare: its loss, or its first outputs. */
type RunStep = (i: number) => Promise<readonly number[]>

type Tensors = Record<string, tf.Tensor>

const firstOf = (array: NdArray): readonly number[] => Array.from(floatsOf(array).subarray(0, 8))

/** Time inside onnxruntime, so that what the engine adds to it can be told apart. */
let inSession = 0
const create = InferenceSession.create.bind(InferenceSession)
Object.assign(InferenceSession, {
  create: async (...given: Parameters<typeof create>) => {
    const session = await create(...given)
    const run = session.run.bind(session)
    const timed = async (...inputs: Parameters<typeof run>) => {
      const start = performance.now()
      const outputs = await run(...inputs)
      inSession += performance.now() - start
      return outputs
    }
    return Object.assign(session, { run: timed })
  },
})

/** Floating-point operations of the case's step, once it ran. */
let flops = (): number => Number.NaN

/** Compiles the case's step. */
function compiled<In extends object, Out extends object>(step: (inputs: In) => Out, options: JitOptions) {
  const run = jit(step, options)
  return (inputs: ArraysOf<In>): Promise<ArraysOf<Out>> => {
    const given: unknown = inputs
    flops = () => {
      const types = mapTree(given as Tree<NdArray>, isNdArray, ({ shape, dtype }) => ({ shape, dtype }))
      return costOf(optimize(trace(step, types).graph), { parameters: 'weights' }).flops
    }
    return run(inputs)
  }
}

/** Milliseconds of eight products of square matrices of this side, each of the one before. */
async function productTime(side: number, engine: Engine): Promise<number> {
  const step = jit(
    ({ scale, w }: { readonly scale: tf.Scalar; readonly w: tf.Tensor2D }) => {
      let product = tf.mul(w, scale) as tf.Tensor2D
      for (let i = 0; i < 8; i++) product = tf.matMul(product, w)
      return { mean: tf.mean(product) }
    },
    { engine, invariant: ['w'] },
  )
  const w = floats(new Float32Array(side * side).fill(1 / side), [side, side])
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const start = performance.now()
    await step({ scale: scalarOf(1), w })
    best = Math.min(best, performance.now() - start)
  }
  await step.dispose()
  return best
}

/** Floating-point operations a second of products, of matrices large enough for this engine. */
async function productSpeed(engine: Engine): Promise<number> {
  for (let side = 512; ; side *= 2) {
    const time = await productTime(side, engine)
    if (time > 50 || side === 4096) return (8 * 2 * side ** 3 * 1000) / time
  }
}

function training(task: Extract<Task, { optimizer: object }>, { engine, weights, batches }: Work): RunStep {
  const losses = (batch: BatchTensors, weights: Readonly<Tensors>): StepLosses => {
    const [images, tokens] = [weight(batch, 'images'), weight(batch, 'tokens')]
    if (task.kind === 'train-mammut') return { loss: pairLosses({ images, tokens }, weights, task).loss }
    const features = unit(encodeImage(images, weights, task.config))
    const texts = unit(encodeText(tokens, weights, task.config))
    return { loss: contrastiveLoss({ images: features, texts, logitScale: weight(weights, 'logit_scale') }) }
  }
  const step = compiled(trainStep(losses, task.optimizer), { engine, keep: ['weights', 'first', 'second'], cache })
  const zeros = (): Record<string, NdArray> =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { data, shape }]) => [
        name,
        { location: 'host', dtype: 'float32', shape, data: new Float32Array(data.length) } satisfies HostArray,
      ]),
    )
  let state: { weights: Record<string, NdArray>; first: Record<string, NdArray>; second: Record<string, NdArray> } = {
    weights: { ...weights },
    first: zeros(),
    second: zeros(),
  }
  return async i => {
    const result = await step({
      ...state,
      average: {},
      batch: batches[i % 2] ?? {},
      learningRate: scalarOf(task.optimizer.learningRate),
      step: scalarOf(i + 1),
    })
    state = { weights: result.weights, first: result.first, second: result.second }
    return Object.values(result.losses).flatMap(firstOf)
  }
}

function encoding({ config }: Extract<Task, { kind: 'encode' }>, { engine, weights, batches }: Work): RunStep {
  const step = compiled(
    ({ images, weights }: { images: tf.Tensor; weights: Tensors }) => ({
      features: encodeImage(images, weights, config),
    }),
    { engine, invariant: ['weights'], cache },
  )
  return async i => {
    const { images } = batches[i % 2] ?? {}
    if (images === undefined) throw new Error('The case has no images')
    return firstOf((await step({ images, weights })).features)
  }
}

function mapping(
  { config, window: spec, queries }: Extract<Task, { kind: 'heatmaps' }>,
  { engine, weights, batches }: Work,
): RunStep {
  interface Inputs {
    readonly images: tf.Tensor
    readonly prompts: tf.Tensor
    readonly against: tf.Tensor
    readonly weights: Tensors
  }
  const step = compiled(
    ({ images, prompts, against, weights }: Inputs) => {
      const [ours, others] = [tf.split(prompts, queries), tf.split(against, queries)]
      const texts = ours.map((prompts, i): QueryTokens => ({ prompts, against: others[i] ?? prompts }))
      const windows = windowEmbeddings(imageTokens(images, weights, config), weights, { config, spec })
      return { maps: averageWindows(margins(windows, texts, weights, config), { config, spec }) }
    },
    { engine, invariant: ['weights'], cache },
  )
  return async i => {
    const { images, prompts, against } = batches[i % 2] ?? {}
    if (!images || !prompts || !against) throw new Error('The case lacks images or texts')
    return firstOf((await step({ images, prompts, against, weights })).maps)
  }
}

function prepare(task: Task, work: Work): RunStep {
  switch (task.kind) {
    case 'train-openclip':
    case 'train-mammut':
      return training(task, work)
    case 'encode':
      return encoding(task, work)
    case 'heatmaps':
      return mapping(task, work)
  }
}

const task = JSON.parse(await readFile(join(folder, 'case.json'), 'utf8')) as Task
const read = async (name: string) => (await readSafetensors(join(folder, `${name}.safetensors`))).arrays
const work = {
  engine: await chooseEngine(name as EngineName, Number(threads)),
  weights: await read('weights'),
  batches: [await read('batch0'), await read('batch1')],
}
const step = prepare(task, work)
let done = 0
console.log('{}')
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'flops' || line === 'products') {
    console.log(line === 'flops' ? flops() : await productSpeed(work.engine))
    continue
  }
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  inSession = 0
  const values: (readonly number[])[] = []
  for (let i = 0; i < Number(line); i++) values.push(await step(done++))
  const [seconds, used] = [(performance.now() - start) / 1000, process.cpuUsage(cpu)]
  const answer = { seconds, cpuSeconds: (used.user + used.system) / 1e6, outsideSeconds: seconds - inSession / 1000 }
  console.log(JSON.stringify({ ...answer, values: values.flat() }))
}
