/** Runs on WebGPU in a process of its own, which a driver may end; prints what it saw as one line of JSON. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession } from 'onnxruntime-node'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import {
  type Engine,
  fillState,
  floats,
  floatsOf,
  type HostArray,
  ints,
  jit,
  type NdArray,
  readState,
  tf,
  toHost,
  tryEngine,
} from '../../runtime/engine/mod.ts'
import { emit } from '../../runtime/engine/onnx/emit.ts'
import { trace } from '../../runtime/engine/trace/trace.ts'
import { readSafetensors, writeSafetensors } from '../../runtime/model/safetensors.ts'
import { errorOf } from './support.ts'
import { tinyStep, tinyTypes, trainTiny } from './tiny_mammut.ts'

const engine: Engine = { name: 'webgpu', provider: 'webgpu', threads: 1 }
const numbers = ({ data }: HostArray): number[] => Array.from(data)

/** State of two dtypes through three calls, read and used again, then after its time. */
async function keeping() {
  type State = { readonly state: { readonly w: tf.Tensor; readonly fixed: tf.Tensor; readonly count: tf.Tensor } }
  const step = jit(
    ({ state: { w, fixed, count } }: State) => ({
      state: { w: tf.add(w, fixed), fixed, count: tf.add(count, tf.scalar(1, 'int32')) },
      sum: tf.sum(w),
    }),
    { engine, keep: ['state'] },
  )
  const three = floats(Float32Array.of(1, 2, 3))
  const first = await step({ state: { w: three, fixed: three, count: ints(Int32Array.of(7)) } })
  const second = await step({ state: first.state })
  const read = async (arrays: Readonly<Record<string, NdArray>>) => {
    const hosts = await Promise.all(Object.values(arrays).map(toHost))
    return hosts.map(numbers)
  }
  const before = await read(second.state)
  const file = await saved(second.state)
  const third = await step({ state: second.state })
  const after = await read(third.state)
  const usedUp = await errorOf(() => step({ state: first.state }))
  await step.dispose()
  const late = await errorOf(() => toHost(third.state.w))
  const kept = third.state.w
  if (kept.location === 'device') kept.release()
  return { file, location: kept.location, sum: Array.from(floatsOf(third.sum)), before, after, usedUp, late }
}

/** Arrays that went from the device into a file and came back from it. */
async function saved(state: Readonly<Record<string, NdArray>>) {
  const folder = await mkdtemp(join(tmpdir(), 'terroir-test-'))
  try {
    const path = join(folder, 'state.safetensors')
    await writeSafetensors(path, { arrays: await readState(state, engine), metadata: {} })
    const { arrays } = await readSafetensors(path)
    return Object.values(fillState(state, arrays)).map(array => (array.location === 'host' ? numbers(array) : []))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A layer of invariant weights, called alone and then concurrently with other weights. */
async function hoisting() {
  type Inputs = { readonly x: tf.Tensor; readonly weights: { readonly w: tf.Tensor; readonly bias: tf.Tensor } }
  const step = jit(
    ({ x, weights: { w, bias } }: Inputs) => ({ y: tf.add(tf.matMul(x, tf.exp(w)), bias), kept: tf.mul(x, 2) }),
    { engine, invariant: ['weights'], keep: ['kept'] },
  )
  const floatsAt = (numbers: readonly number[], shape: readonly number[]) => floats(Float32Array.from(numbers), shape)
  const weights = (bias: number) => ({ w: floatsAt([0, 0, 0, 0], [2, 2]), bias: floatsAt([bias, 0], [2]) })
  const x = floatsAt([1, 2], [1, 2])
  const ours = weights(10)
  const first = await step({ x, weights: ours })
  const again = await Promise.all([
    step({ x, weights: ours }),
    step({ x, weights: weights(20) }),
    step({ x, weights: ours }),
  ])
  const results = [first, ...again].map(({ y }) => Array.from(floatsOf(y)))
  await step.dispose()
  return { results, location: first.kept.location }
}

/** Makes onnxruntime log on which provider it puts each operator. */
async function placement(): Promise<void> {
  const model = emit(optimize(trace(tinyStep, tinyTypes()).graph), { fusedProducts: false })
  const session = await InferenceSession.create(model, {
    executionProviders: ['webgpu', 'cpu'],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 0,
    logVerbosityLevel: 1,
  })
  await session.release()
}

const availability = await tryEngine('webgpu')
if (process.argv[2] === 'placement') await placement()
else if (!availability.available) console.log(JSON.stringify({ missing: availability.detail }))
else {
  const { losses, weights, location } = await trainTiny(engine, 200)
  const finite = Object.values(weights).every(({ data }) => data.every(Number.isFinite))
  console.log(JSON.stringify({ losses, location, finite, keeping: await keeping(), hoisting: await hoisting() }))
}
