/** The engines of this machine, and the choice among them. */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { Refusal } from '../../dsl/diagnostics/faults.ts'
import type { EngineName } from '../../dsl/recipe.ts'
import { scalarOf } from './array.ts'
import { apply, input, scalar } from './graph/ir.ts'
import { modelOf, type Provider } from './model.ts'
import { openSession } from './session.ts'
import { tf } from './tfjs.ts'

/** An engine that compiles and runs steps. */
export interface Engine {
  readonly name: Exclude<EngineName, 'auto'>
  readonly provider: Provider
  readonly threads: number
  /** Number of the device; ignored on the CPU and on WebGPU, which has one. @default 0 */
  readonly device?: number
  /** Name of the tfjs backend that runs steps uncompiled; absent where they are compiled. */
  readonly eager?: string
}

/** Availability of an engine on this machine. */
export interface Availability {
  readonly name: Exclude<EngineName, 'auto'>
  readonly available: boolean
  /** The hardware or package that it uses, or the missing part and how to get it. */
  readonly detail: string
}

/** Names of the engines. */
export const engineNames = ['cpu', 'webgpu', 'cuda', 'native'] as const

const nativePackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']

const hints: Readonly<Record<Provider, string>> = {
  cpu: 'reinstall onnxruntime-node',
  webgpu: 'it needs a graphics driver that Vulkan, Metal or Direct3D 12 finds',
  cuda: "it needs onnxruntime's CUDA library: reinstall onnxruntime-node with --onnxruntime-node-install=cuda12 where CUDA is installed",
}

/** Tests if the CUDA library of onnxruntime is installed beside its binding; onnxruntime itself would print to the terminal. */
export function hasCudaLibrary(): boolean {
  const folder = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')), 'bin')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).some(file =>
    file.includes('onnxruntime_providers_cuda'),
  )
}

async function tryProvider(provider: Provider): Promise<Availability> {
  if (provider === 'cuda' && !hasCudaLibrary()) return { name: provider, available: false, detail: hints.cuda }
  try {
    const x = input('x', { shape: [], dtype: 'float32' })
    const graph = { inputs: [x], outputs: [{ name: 'y', node: apply('add', [x, scalar(1)]) }] }
    const target = { provider, threads: 1 }
    const session = await openSession(modelOf(graph, target), { ...target, stays: () => false })
    await session.run([scalarOf(1)])
    await session.dispose()
    return {
      name: provider,
      available: true,
      detail: `onnxruntime, ${provider === 'cpu' ? `${availableParallelism()} threads` : provider}`,
    }
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    // onnxruntime puts the place in its C++ sources first.
    const reason = message.slice(message.lastIndexOf(' was false. ') + 1).replace(/^was false\. /, '')
    return { name: provider, available: false, detail: `${reason}; ${hints[provider]}` }
  }
}

async function tryNative(): Promise<Availability> {
  for (const name of nativePackages) {
    try {
      await import(name)
      return { name: 'native', available: tf.findBackend('tensorflow') !== null, detail: name }
    } catch {}
  }
  return {
    name: 'native',
    available: false,
    detail: `${nativePackages[0]} is not installed; add it with npm install ${nativePackages[0]}`,
  }
}

/** Tests one engine by running a session. */
export const tryEngine = (name: Exclude<EngineName, 'auto'>): Promise<Availability> =>
  name === 'native' ? tryNative() : tryProvider(name)

/**
 * The engine to use: `wanted`, or for `auto` CUDA where it works and the CPU otherwise. Throws a refusal with the reason where
 * `wanted` is not available.
 */
export async function chooseEngine(wanted: EngineName, threads = availableParallelism()): Promise<Engine> {
  if (wanted === 'auto')
    return (await tryProvider('cuda')).available
      ? { name: 'cuda', provider: 'cuda', threads }
      : { name: 'cpu', provider: 'cpu', threads }
  const { available, detail } = await tryEngine(wanted)
  if (!available) throw new Refusal(`The engine '${wanted}' is not available here: ${detail}`)
  if (wanted === 'native') return { name: 'native', provider: 'cpu', threads, eager: 'tensorflow' }
  return { name: wanted, provider: wanted, threads }
}
