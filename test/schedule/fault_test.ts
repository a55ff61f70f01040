import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault, Refusal, UserFault } from '../../dsl/diagnostics/faults.ts'
import { isOutOfMemory } from '../../runtime/engine/out_of_memory.ts'
import { describeFault } from '../../runtime/schedule/describe_fault.ts'
import { describeExit, isTransient, memoryText } from '../../runtime/schedule/fault.ts'
import { parseMessage } from '../../runtime/schedule/protocol.ts'
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
    assert.match(describeExit({ ...use, ...exit, lastLines: [] }).text, 'lower batch_size (now 256)')
  const crashed = describeExit({ ...use, signal: 'SIGABRT', lastLines: ['x', 'JavaScript heap out of memory'] })
  assert.match(crashed.text, 'Memory ran out after 2.0 GiB')
  assert.is(crashed.class, 'user')
})

test('a fault has the class, hint and place that it was thrown with; what is not expected is a defect', () => {
  assert.equal(describeFault(new UserFault('Too few', { hint: 'add more', place: 'sources.web' })), {
    text: 'Too few; add more',
    class: 'user',
    hint: 'add more',
    place: 'sources.web',
  })
  const data = describeFault(new DataFault('The header is torn', { file: 'a.tar', byte: 512 }))
  assert.is(data.class, 'data')
  assert.equal(data.place, { file: 'a.tar', item: undefined, byte: 512, line: undefined })
  assert.is(describeFault(new Refusal('There is no such engine')).class, 'refusal')
  assert.is(describeFault(Object.assign(new Error('x'), { refused: 'net', resource: 'a.org' })).class, 'refusal')
  for (const defect of [new TypeError('x is not a function'), new Error('x'), 'x'])
    assert.is(describeFault(defect).class, 'defect')
})

test('faults of the file system, the network, memory and the operating system are no defects', () => {
  const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'open', path: '/data/a' })
  assert.equal(describeFault(system('ENOENT')), { text: "'/data/a': there is no such file or folder", class: 'user' })
  for (const fault of [
    system('EACCES'),
    Object.assign(new Error('x'), { code: 'ENOSPC' }),
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
    new Error('The image cannot be read', { cause: system('EIO') }),
    new RangeError('Array buffer allocation failed'),
  ])
    assert.is(describeFault(fault).class, 'user', fault.message)
  const exit = { ...use, lastLines: [] }
  assert.is(describeExit({ ...exit, signal: 'SIGKILL' }).class, 'user')
  assert.is(describeExit({ ...exit, ending: { kind: 'late', limit: 1000 } }).class, 'user')
  assert.is(describeExit({ ...exit, ending: { kind: 'hung', silence: 1000 } }).class, 'user')
  assert.is(describeExit({ ...exit, originalMessage: 'spawn EAGAIN' }).class, 'user')
  assert.is(describeExit({ ...exit, signal: 'SIGSEGV' }).class, 'defect')
  assert.is(describeExit({ ...exit, exitCode: 0 }).class, 'defect')
})

test('no advice is to run again what will repeat', () => {
  const exit = { ...use, lastLines: [] }
  const ends = [
    { signal: 'SIGSEGV' },
    { exitCode: 3 },
    { exitCode: 0 },
    { ending: { kind: 'hung', silence: 1000 } },
  ] as const
  for (const end of ends) assert.not.match(describeExit({ ...exit, ...end }).text, 'run again')
})

test('an error message of a worker has a class, or it is none', () => {
  const error = { kind: 'error', text: 'x', stack: '', transient: false, peakMemory: 1 }
  const sent = { ...error, class: 'data', hint: 'mend it', place: { file: 'a.csv', line: 3 } }
  assert.equal(parseMessage(JSON.stringify(sent)), sent)
  assert.is(parseMessage(JSON.stringify(error)), undefined)
  assert.is(parseMessage(JSON.stringify({ ...error, class: 'other' })), undefined)
  assert.is(parseMessage(JSON.stringify({ ...error, class: 'user', place: { file: {} } })), undefined)
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
