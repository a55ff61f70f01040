import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Engine } from '../../runtime/engine/mod.ts'
import { compiledEngine, eagerEngine } from './support.ts'
import { trainTiny } from './tiny_mammut.ts'

/** Debian's chromium-common brings a Vulkan in software, for machines without a graphics driver. */
const softwareVulkan = '/usr/lib/chromium/vk_swiftshader_icd.json'

interface WebGpuReport {
  readonly losses: readonly number[]
  readonly location: string
  readonly finite: boolean
  readonly keeping: {
    readonly location: string
    readonly sum: readonly number[]
    readonly file: readonly (readonly number[])[]
    readonly before: readonly (readonly number[])[]
    readonly after: readonly (readonly number[])[]
    readonly usedUp: string
    readonly late: string
  }
  readonly hoisting: { readonly results: readonly (readonly number[])[]; readonly location: string }
}

const child = (argument: string) =>
  execa(process.execPath, [join(import.meta.dirname, 'webgpu_child.js'), argument], {
    all: true,
    reject: false,
    env:
      process.env.VK_ICD_FILENAMES === undefined && existsSync(softwareVulkan)
        ? { VK_ICD_FILENAMES: softwareVulkan }
        : {},
  })

const { stdout, all, exitCode } = await child('run')
const line = stdout.split('\n').findLast(text => text.startsWith('{'))
const seen: WebGpuReport | { readonly missing: string } | undefined = line === undefined ? undefined : JSON.parse(line)

if (seen !== undefined && 'missing' in seen) {
  for (const name of ['WebGPU trains as the CPU does', 'WebGPU keeps state on the device', 'WebGPU hoists invariants'])
    console.log(`skipped: ${name} (${seen.missing})`)
} else {
  test('the WebGPU process ends well', () => {
    assert.is(exitCode, 0, all)
    assert.ok(seen, all)
  })

  test("WebGPU trains as the CPU does: five losses of a tiny MaMMUT within 1e-4, 200 within 1e-3 of tfjs' cpu backend", async () => {
    const apart = async (engine: Engine, steps: number) => {
      const { losses } = await trainTiny(engine, steps)
      return Math.max(...losses.map((loss, i) => Math.abs(loss - (seen?.losses[i] ?? Number.NaN))))
    }
    const [five, all] = [await apart(compiledEngine(1), 5), await apart(eagerEngine, 200)]
    assert.ok(five < 1e-4 && all < 1e-3, `they are up to ${five} and ${all} apart`)
    assert.equal([seen?.losses.length, seen?.location, seen?.finite], [200, 'device', true])
  })

  test('WebGPU keeps state on the device, reads it at any step, and refuses it after its time', () => {
    assert.equal(seen?.keeping.before, [[3, 6, 9], [1, 2, 3], [9]])
    assert.equal(seen?.keeping.file, seen?.keeping.before, 'through a safetensors file')
    assert.equal(seen?.keeping.after, [[4, 8, 12], [1, 2, 3], [10]])
    assert.equal([seen?.keeping.location, seen?.keeping.sum], ['device', [18]])
    assert.match(seen?.keeping.usedUp ?? '', 'used up by a call')
    assert.match(seen?.keeping.late ?? '', 'disposed of; read it before')
  })

  test('WebGPU keeps hoisted results on the device, and each call gets its own', () => {
    assert.equal(seen?.hoisting, {
      results: [
        [13, 3],
        [13, 3],
        [23, 3],
        [13, 3],
      ],
      location: 'device',
    })
  })

  test('of a training step, only slices of whole numbers fall back to the CPU', async () => {
    const { all } = await child('placement')
    const log = (all ?? '').split('\n').filter(text => text.includes('VerifyEachNodeIsAssignedToAnEp'))
    const start = log.findIndex(text => text.includes('placed on [CPUExecutionProvider]'))
    const end = log.findIndex(text => text.includes('placed on [WebGpuExecutionProvider]'))
    assert.ok(end >= 0, 'onnxruntime names the operators on WebGPU')
    const fallen = log.slice(start + 1, Math.max(start + 1, end)).map(text => /\]\s+(\w+) \(/.exec(text)?.[1])
    console.log(`on the CPU: ${fallen.join(', ') || 'nothing'}`)
    assert.ok(fallen.every(type => type === 'Slice'))
  })
}

test.run()
