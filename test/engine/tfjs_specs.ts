/** Runs specs of tfjs-core on a backend that compiles and runs a graph for every value that is read. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { Node } from '../../runtime/engine/graph/ir.ts'
import { optimize } from '../../runtime/engine/graph/optimize.ts'
import { tf } from '../../runtime/engine/tfjs.ts'
import { lowerings } from '../../runtime/engine/trace/kernels.ts'
import { GraphRecorder, type Info } from '../../runtime/engine/trace/recorder.ts'
import { runGraph } from './support.ts'

const require = createRequire(import.meta.url)

/** The part of jasmine-core that is used; it has no types of its own. */
interface Jasmine {
  boot(): { getEnv(): Environment }
}

interface Environment {
  describe: (name: string, body: () => void) => unknown
  configure(options: { readonly random: boolean }): void
  addReporter(reporter: { readonly specDone: (result: SpecResult) => void }): void
  execute(): Promise<unknown>
}

interface SpecResult {
  readonly fullName: string
  readonly status: string
  readonly failedExpectations: readonly { readonly message: string }[]
}

const judged = 'terroir-judged'

/** A recorder whose tensors can be read, each by a graph of its own. */
class Judged extends GraphRecorder {
  private readonly infos = new WeakMap<object, Info>()

  override record(node: Node): Info {
    return this.remember(super.record(node))
  }

  override move(...given: Parameters<GraphRecorder['move']>): void {
    super.move(...given)
    const [dataId, , shape, dtype] = given
    this.remember({ dataId, shape, dtype })
  }

  override async read(dataId: object) {
    const info = this.infos.get(dataId)
    if (info === undefined) throw new Error('Data of another backend is read')
    const graph = optimize({ inputs: [], outputs: [{ name: 'x', node: this.node(info) }] })
    const { x } = await runGraph(graph, {})
    if (x === undefined) throw new Error('The graph gave nothing')
    return x.data
  }

  private remember(info: Info): Info {
    this.infos.set(info.dataId, info)
    return info
  }
}

function register(): void {
  let recorder: Judged | undefined
  tf.registerBackend(judged, () => {
    recorder = new Judged()
    return recorder
  })
  for (const [kernelName, lowering] of Object.entries(lowerings))
    tf.registerKernel({
      kernelName,
      backendName: judged,
      kernelFunc: ({ inputs, attrs }) => {
        const backend = recorder
        if (backend === undefined) throw new Error('The backend was never started')
        const named = inputs as tf.NamedTensorInfoMap
        return lowering({
          recorder: backend,
          inputs: named,
          attrs: attrs ?? {},
          node: name => backend.node(named[name] as Info),
        })
      },
    })
}

/** Outcome of one spec. */
export interface Verdict {
  /** The operation whose specs it is among. */
  readonly group: string
  readonly name: string
  readonly failures: readonly string[]
}

/** Compiles tfjs-core's specs of these operations, such as `softmax`, to one module that declares them. */
async function bundleSpecs(operations: readonly string[], outfile: string): Promise<void> {
  const sources = join(dirname(require.resolve('@tensorflow/tfjs-core/package.json')), 'dist')
  const specs = operations.map(
    name => `begin(${JSON.stringify(name)}); await import(${JSON.stringify(`${sources}/ops/${name}_test.js`)})`,
  )
  await build({
    stdin: {
      contents: `import { setTestEnvs } from '${sources}/jasmine_util.js'
        export const declare = async (environment, begin) => {
          setTestEnvs([environment])
          ${specs.join('\n')}
        }`,
      resolveDir: sources,
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    external: ['jasmine-core/*', 'node-fetch'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile,
    logLevel: 'error',
  })
}

/** Runs tfjs-core's own specs of these operations. */
export async function runSpecs(operations: readonly string[]): Promise<readonly Verdict[]> {
  const folder = await mkdtemp(join(import.meta.dirname, 'specs_'))
  try {
    const bundle = join(folder, 'specs.mjs')
    await bundleSpecs(operations, bundle)
    register()
    const env = (require('jasmine-core') as Jasmine).boot().getEnv()
    const verdicts: Verdict[] = []
    let group = ''
    Object.assign(globalThis, {
      describe: (name: string, body: () => void) => env.describe(`${group}: ${name}`, body),
    })
    const { declare } = (await import(bundle)) as Bundle
    await declare({ name: judged, backendName: judged, isDataSync: false }, name => {
      group = name
    })
    env.configure({ random: false })
    env.addReporter({
      specDone: ({ fullName, status, failedExpectations }) => {
        const failures = failedExpectations.map(({ message }) => message)
        if (status === 'passed' || status === 'failed')
          verdicts.push({ group: fullName.split(':', 1)[0] ?? '', name: fullName, failures })
      },
    })
    await env.execute()
    return verdicts
  } finally {
    await rm(folder, { recursive: true })
  }
}

interface Bundle {
  readonly declare: (environment: object, begin: (group: string) => void) => Promise<void>
}
