import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isOutOfMemory } from '../../runtime/engine/out_of_memory.ts'
import { describeExit, isTransient, memoryText } from '../../runtime/schedule/fault.ts'
import { withRetries } from '../../runtime/schedule/retry.ts'

const use = { peak: 2 ** 31, estimate: 2 ** 30, params: { batch_size: 256 } }

test('memory that ran out is recognised in the words of V8, onnxruntime, CUDA, WebGPU, tfjs and the system', () => {
  for (const text of [
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'std::bad_alloc',
    'BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 4294967296',
    'CUDA failure 2: out of memory ; GPU=0',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED',
    'Buffer creation failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    'OOM when allocating tensor with shape[64,3,512,512]',
    'Array buffer allocation failed',
    'ENOMEM: not enough memory, mmap',
  ])
    assert.ok(isOutOfMemory(text), text)
  for (const text of ['The image is out of the frame', 'Image "bomb.jpg" is missing', 'The memory estimate is 2 GiB'])
    assert.not.ok(isOutOfMemory(text), text)
})

test('the estimate stands beside what was used, with what to lower', () => {
  assert.is(
    memoryText(use),
    'Memory ran out after 2.0 GiB (estimate 1.0 GiB); lower batch_size (now 256), or run fewer stages at a time with --jobs 1',
  )
  for (const exit of [{ signal: 'SIGKILL' }, { exitCode: 137 }])
    assert.match(describeExit({ ...use, ...exit, lastLines: [] }), 'lower batch_size (now 256)')
  const crashed = describeExit({ ...use, signal: 'SIGABRT', lastLines: ['x', 'JavaScript heap out of memory'] })
  assert.match(crashed, 'Memory ran out after 2.0 GiB')
})

test('only faults marked so, or with a code of one that passes, are transient, causes included', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code })
  assert.ok(isTransient(Object.assign(new Error('x'), { transient: true })))
  assert.ok(isTransient(coded('ECONNRESET')))
  assert.ok(isTransient(new TypeError('fetch failed', { cause: coded('EAI_AGAIN') })))
  assert.not.ok(isTransient(new Error('Image "a.jpg" is missing')))
  assert.not.ok(isTransient(coded('ENOENT')))
})

interface Tried {
  readonly attempts: number
  readonly waits: readonly number[]
}

async function tried(goodAt: number, signal = new AbortController().signal): Promise<Tried> {
  const waits: number[] = []
  let attempts = 0
  await withRetries(
    async () => {
      attempts += 1
      return attempts >= goodAt
    },
    {
      isTransient: good => !good,
      onRetry: (_, wait) => waits.push(wait),
      signal,
      firstWait: 8,
      random: () => 0.5,
    },
  )
  return { attempts, waits }
}

test('what passes is tried three times, with twice the wait each time; a stop ends the waiting', async () => {
  assert.equal(await tried(1), { attempts: 1, waits: [] })
  assert.equal(await tried(2), { attempts: 2, waits: [8] })
  assert.equal(await tried(9), { attempts: 3, waits: [8, 16] })
  assert.equal(await tried(9, AbortSignal.abort()), { attempts: 1, waits: [] })
})

test.run()
