import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault } from '../../dsl/diagnostics/faults.ts'
import { fillState, floats, type HostArray, hostArray, ints, jit, readState, tf } from '../../runtime/engine/mod.ts'
import { readSafetensors, writeSafetensors } from '../../runtime/model/safetensors.ts'
import { inTempFolder } from '../support.ts'
import { compiledEngine, eagerEngine } from './support.ts'

const bits = ({ data }: HostArray): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')

for (const engine of [compiledEngine(1), eagerEngine])
  test(`state goes through a file bit by bit and training goes on from it (${engine.eager ?? engine.name})`, () =>
    inTempFolder(async folder => {
      type Inputs = { readonly state: { readonly w: tf.Tensor; readonly deep: { readonly count: tf.Tensor } } }
      const step = jit(
        ({ state: { w, deep } }: Inputs) => ({
          state: { w: tf.mul(w, 1.1), deep: { count: tf.add(deep.count, tf.scalar(1, 'int32')) } },
        }),
        { engine, keep: ['state'] },
      )
      const start = { w: floats(Float32Array.of(0.1, -0, 1e-40, 3e38)), deep: { count: ints(Int32Array.of(7)) } }
      const { state } = await step({ state: start })
      const path = join(folder, 'state.safetensors')
      await writeSafetensors(path, { arrays: await readState(state, engine), metadata: { step: '1' } })
      const straight = await readState((await step({ state })).state, engine)
      const { arrays, metadata } = await readSafetensors(path)
      const resumed = await readState((await step({ state: fillState(start, arrays) })).state, engine)
      assert.equal([metadata, Object.keys(arrays)], [{ step: '1' }, ['deep.count', 'w']])
      for (const [name, array] of Object.entries(straight)) assert.is(bits(resumed[name] ?? array), bits(array), name)
      await step.dispose()
    }))

test('state of another form is refused by name', () => {
  const state = { w: floats(new Float32Array(4), [2, 2]) }
  assert.throws(() => fillState(state, {}), /The array 'w' is missing/)
  assert.throws(() => fillState(state, { w: floats(new Float32Array(4)) }), /'w' is float32\[4\], not float32\[2,2\]/)
  const isFaultOfW = (error: unknown) => error instanceof DataFault && error.place.item === 'w'
  assert.throws(() => fillState(state, {}), isFaultOfW)
})

test('every dtype and shape comes back from a file as it was', () =>
  inTempFolder(async folder => {
    const path = join(folder, 'all.safetensors')
    const arrays = {
      scalar: floats(Float32Array.of(Number.NEGATIVE_INFINITY), []),
      empty: floats(new Float32Array(0), [0, 3]),
      view: floats(new Float32Array(Float32Array.of(1, 2, 3, 4).buffer, 4, 2)),
      flags: hostArray(Uint8Array.of(0, 1, 1), { shape: [3], dtype: 'bool' }),
      é: ints(Int32Array.of(-5), [1, 1]),
    }
    await writeSafetensors(path, { arrays, metadata: {} })
    assert.equal((await readSafetensors(path)).arrays, arrays)
  }))

test.run()
