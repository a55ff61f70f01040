import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { floats, floatsOf, type HostArray, ints, jit, type NdArray, tf, toHost } from '../../runtime/engine/mod.ts'
import { inTempFolder } from '../support.ts'
import { compiledEngine, eagerEngine, errorOf } from './support.ts'

const engine = compiledEngine(1)
const three = floats(Float32Array.of(1, 2, 3))

type X = { readonly x: tf.Tensor }

const numbers = (array: NdArray): number[] => Array.from(floatsOf(array))

/** Message of the error with which a step of one input fails to compile. */
const refusal = (step: (inputs: X) => object): Promise<string> => errorOf(() => jit(step, { engine })({ x: three }))

/** Asserts that a message names a line of this file, under source maps or without, that holds `text`. */
function assertPlace(message: string, text: string): void {
  const [, url = '', line = ''] = /((?:file:\/\/)?\/[^\s()]*jit_test\.[jt]s):(\d+)/.exec(message) ?? []
  assert.ok(url, `no place in: ${message}`)
  const source = readFileSync(url.startsWith('file:') ? fileURLToPath(url) : url, 'utf8').split('\n')
  assert.match(source[Number(line) - 1] ?? '', text)
}

test('a changed copy of a result goes in as it is', async () => {
  const step = jit(({ x }: X) => ({ y: tf.add(x, x) }), { engine })
  const { y } = await step({ x: three })
  assert.equal(numbers((await step({ x: y })).y), [4, 8, 12])
  const others: HostArray = { ...(await toHost(y)), data: Float32Array.of(5, 6, 7) }
  assert.equal(numbers((await step({ x: others })).y), [10, 12, 14])
  const column: HostArray = { ...(await toHost(y)), shape: [3, 1] }
  assert.equal((await step({ x: column })).y.shape, [3, 1])
})

test('a step is traced once for each signature of shapes and dtypes', async () => {
  let traces = 0
  const step = jit(
    ({ x }: X) => {
      traces++
      return { y: tf.add(x, x) }
    },
    { engine },
  )
  for (const length of [3, 3, 4, 3, 4]) await step({ x: floats(new Float32Array(length)) })
  assert.is(traces, 2)
  const { y } = await step({ x: ints(Int32Array.of(1, 2, 3)) })
  assert.equal([traces, y.dtype], [3, 'int32'])
  await step.dispose()
})

test('a step kept on disk is not traced again, unless its key, its types or its file change', async () => {
  await inTempFolder(async folder => {
    let traces = 0
    const call = async (key: string, data: number[]) => {
      const step = ({ x }: { x: tf.Tensor }) => {
        traces++
        return { unused: x, twice: tf.mul(x, 2) }
      }
      const twice = jit(step, { engine: compiledEngine(1), cache: { folder, key } })
      const result = await twice({ x: floats(Float32Array.from(data)) })
      await twice.dispose()
      return [Array.from(floatsOf(result.twice)), traces]
    }
    assert.equal(await call('a', [1, 2]), [[2, 4], 1])
    assert.equal(await call('a', [3, 4]), [[6, 8], 1])
    assert.equal(await call('a', [3, 4, 5]), [[6, 8, 10], 2])
    assert.equal(await call('b', [3, 4]), [[6, 8], 3])
    for (const name of readdirSync(folder)) appendFileSync(join(folder, name), 'x')
    assert.equal(await call('a', [5, 6]), [[10, 12], 4])
    assert.equal(await call('a', [5, 6]), [[10, 12], 4])
  })
})

test('concurrent first calls compile once', async () => {
  let traces = 0
  const step = jit(
    ({ x }: X) => {
      traces++
      return { y: tf.neg(x) }
    },
    { engine },
  )
  const results = await Promise.all([step({ x: three }), step({ x: floats(Float32Array.of(4, 5, 6)) })])
  assert.equal([traces, ...results.map(({ y }) => numbers(y))], [1, [-1, -2, -3], [-4, -5, -6]])
  await step.dispose()
})

test('records and lists may be nested, single tensors bare, and names may hold anything', async () => {
  const nested = jit(
    ({ a, list }: { a: { 'b.c': tf.Tensor; _a: tf.Tensor }; list: [tf.Tensor, { x: tf.Tensor }] }) => ({
      sums: [tf.add(a['b.c'], list[0]), { 'out:x': tf.add(a._a, list[1].x) }] as const,
    }),
    { engine },
  )
  const { sums } = await nested({ a: { 'b.c': three, _a: three }, list: [three, { x: three }] })
  assert.equal(numbers(sums[0]), [2, 4, 6])
  assert.equal(numbers(sums[1]['out:x']), [2, 4, 6])
  const bare = jit((x: tf.Tensor) => tf.mul(x, 2), { engine })
  assert.equal(numbers((await bare(three as never)) as unknown as NdArray), [2, 4, 6])
})

test('an input may be returned, twice, and beside a constant', async () => {
  const step = jit(({ x }: X) => ({ x, again: x, shaped: tf.reshape(x, [3, 1]), one: tf.scalar(1) }), { engine })
  const { x, again, shaped, one } = await step({ x: three })
  assert.equal([x, again, shaped, one].map(numbers), [[1, 2, 3], [1, 2, 3], [1, 2, 3], [1]])
  assert.equal(shaped.shape, [3, 1])
})

test('constants from outside the step are taken as they are', async () => {
  const scale = tf.tensor1d([10, 20, 30])
  const step = jit(({ x }: X) => ({ y: tf.mul(x, scale) }), { engine })
  assert.equal(numbers((await step({ x: three })).y), [10, 40, 90])
  assert.equal(Array.from(scale.dataSync()), [10, 20, 30])
  scale.dispose()
})

test('variables, gradients and tidy work inside a step, and leave nothing behind', async () => {
  const before = [tf.memory().numTensors, Object.keys(tf.engine().registeredVariables).length]
  const step = jit(
    ({ x }: X) => {
      const w = tf.variable(x, true, 'w')
      const { value, grads } = tf.variableGrads(() => tf.tidy(() => tf.sum(tf.square(w)) as tf.Scalar))
      w.assign(tf.sub(w, tf.mul(grads.w as tf.Tensor, 0.5)))
      const [both] = tf.grads((a: tf.Tensor) => tf.mul(a, a))([x])
      const clipped = tf.customGrad((a, save) => {
        const saved = save as (tensors: tf.Tensor[]) => void
        saved([a as tf.Tensor])
        return {
          value: tf.square(a as tf.Tensor),
          gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => tf.mul(dy, tf.minimum(kept[0] ?? dy, 2)),
        }
      })
      return {
        value,
        gradient: grads.w as tf.Tensor,
        w,
        both: both as tf.Tensor,
        clipped: tf.grad(clipped)(x as tf.Tensor1D),
      }
    },
    { engine },
  )
  const result = await step({ x: three })
  assert.equal(Object.values(result).map(numbers), [[14], [2, 4, 6], [0, 0, 0], [2, 4, 6], [1, 2, 2]])
  assert.equal([tf.memory().numTensors, Object.keys(tf.engine().registeredVariables).length], before)
})

test("tfjs' optimisers work inside a step", async () => {
  const step = jit(
    ({ x }: X) => {
      const w = tf.variable(x)
      tf.train.sgd(0.5).minimize(() => tf.sum(tf.square(w)))
      return { w }
    },
    { engine },
  )
  assert.equal(numbers((await step({ x: three })).w), [0, 0, 0])
})

test('a tensor of another step is refused', async () => {
  let cache: tf.Tensor | undefined
  const step = jit(
    ({ x }: X) => {
      cache ??= tf.keep(tf.mul(x, 2))
      return { y: tf.add(x, cache) }
    },
    { engine },
  )
  assert.equal(numbers((await step({ x: three })).y), [3, 6, 9])
  const message = await errorOf(() => step({ x: floats(new Float32Array(1)) }))
  assert.match(message, 'uses a tensor that another step made')
  assertPlace(message, 'tf.add(x, cache)')
})

test('a variable from outside the step is refused, read or assigned', async () => {
  const outer = tf.variable(tf.tensor1d([1, 2, 3]), true, 'outer')
  const read = await refusal(({ x }) => ({ y: tf.mul(x, outer) }))
  assert.match(read, /variable 'outer', which was made outside.*pass it in as an input/)
  assertPlace(read, 'tf.mul(x, outer)')
  const assigned = await refusal(({ x }) => {
    outer.assign(x as tf.Tensor1D)
    return { x }
  })
  assert.match(assigned, /assigns to the variable 'outer'.*return the new value/)
  outer.dispose()
})

test('an operation without a lowering is named with its place, also where a gradient needs it', async () => {
  const forward = await refusal(({ x }) => ({ y: tf.atan(x) }))
  assert.match(forward, "no lowering for tfjs kernel 'Atan'")
  assertPlace(forward, 'tf.atan(x)')
  const backward = await refusal(({ x }) => ({ y: tf.grad(a => tf.prod(a))(x) }))
  assert.match(backward, "no lowering for tfjs kernel 'Cumprod'")
  assertPlace(backward, 'tf.prod(a)')
})

for (const [name, read] of Object.entries({
  dataSync: (x: tf.Tensor) => x.dataSync(),
  arraySync: (x: tf.Tensor) => x.arraySync(),
  data: (x: tf.Tensor) => x.data(),
  array: (x: tf.Tensor) => x.array(),
  print: (x: tf.Tensor) => x.print(),
}))
  test(`${name} inside a step is refused with its place`, async () => {
    const message = await refusal(({ x }) => {
      read(tf.square(x))
      return { x }
    })
    assert.match(message, /reads the value of a tensor.*return the tensor from the step/)
    assertPlace(message, `x.${name}()`)
  })

test('a step that is async is refused', async () => {
  const message = await refusal(async ({ x }) => {
    await x.data()
    return { x }
  })
  assert.match(message, "take 'async' off the step")
})

test('a shape fault names the operation, the shapes and the place', async () => {
  const added = await refusal(({ x }) => ({ y: tf.add(x, tf.zeros([4])) }))
  assert.match(added, 'add(float32[3], float32[4]): Shapes [3] and [4] do not broadcast')
  assertPlace(added, 'tf.add(x, tf.zeros([4]))')
  const product = await refusal(({ x }) => ({ y: tf.matMul(tf.reshape(x, [1, 3]), tf.zeros([4, 2])) }))
  assert.match(product, 'matmul(float32[1,3], float32[4,2]): inner sides 3 and 4 differ')
  assertPlace(product, 'tf.matMul(')
})

test('what is no tensor is refused by its path, as is one path for two tensors', async () => {
  assert.match(await refusal(() => ({ losses: { total: 3 } })), "'losses.total' is number, not a tensor")
  assert.match(await refusal(() => ({ y: undefined })), "'y' is undefined, not a tensor")
  assert.match(await refusal(({ x }) => ({ 'a.b': x, a: { b: x } })), "Two tensors have the path 'a.b'")
  const missing = await refusal(inputs => ({ y: tf.add((inputs as X & { z: tf.Tensor }).z, 1) }))
  assertPlace(missing, 'tf.add(')
})

test('what the step throws keeps its message and is its cause', async () => {
  const fault = new RangeError('The patch does not divide the image')
  const failing = jit(
    (_: X): X => {
      throw fault
    },
    { engine },
  )
  try {
    await failing({ x: three })
    assert.unreachable('the step compiled')
  } catch (error) {
    assert.match(String(error), 'The patch does not divide the image')
    assert.is(error instanceof Error && error.cause, fault)
  }
})

test('a failed trace leaves the backend, the variables and the next trace alone', async () => {
  const [backend, limit] = [tf.getBackend(), Error.stackTraceLimit]
  await refusal(({ x }) => {
    tf.variable(x, true, 'left')
    return { y: tf.atan(x) }
  })
  assert.equal([tf.getBackend(), Error.stackTraceLimit], [backend, limit])
  assert.not.ok('left' in tf.engine().registeredVariables)
  const step = jit(({ x }: X) => ({ y: tf.variable(x, true, 'left') }), { engine })
  assert.equal(numbers((await step({ x: three })).y), [1, 2, 3])
})

test('kept state that a step hands through survives on an eager backend, and nothing else does', async () => {
  type State = { readonly state: { readonly w: tf.Tensor; readonly fixed: tf.Tensor } }
  const step = jit(
    ({ state: { w, fixed } }: State) => ({ state: { w: tf.add(w, fixed), fixed }, sum: tf.sum(w), fixed }),
    { engine: eagerEngine, keep: ['state'] },
  )
  let result = await step({ state: { w: three, fixed: three } })
  const alive = tf.memory().numTensors
  for (let i = 0; i < 3; i++) result = await step({ state: result.state })
  assert.is(tf.memory().numTensors, alive)
  assert.equal([result.state.w.location, result.sum.location, result.fixed.location], ['device', 'host', 'host'])
  const onHost: HostArray[] = [await toHost(result.state.w), await toHost(result.state.fixed)]
  assert.equal(onHost.map(numbers), [
    [5, 10, 15],
    [1, 2, 3],
  ])
})

test.run()
