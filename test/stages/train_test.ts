import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readModel } from '../../runtime/model/model_folder.ts'
import { inTempFolder } from '../support.ts'
import { runTraining, writeSquares } from './support.ts'

test('a stage with an average writes it as the model and the last weights beside it, from which the next phase starts', () =>
  inTempFolder(async folder => {
    await writeSquares(join(folder, 'squares'), { train: 16 })
    const bytes = (name: string, file = 'model.safetensors') => readFile(join(folder, name, file))
    await runTraining(folder, 'plain')
    await runTraining(folder, 'averaged', { params: { ema: 0.9 } })
    assert.equal(await bytes('averaged', 'last.safetensors'), await bytes('plain'))
    assert.not.equal(await bytes('averaged'), await bytes('plain'))

    const read = async (name: string, weights?: 'average' | 'last') =>
      (await readModel(join(folder, name), { weights })).weights
    assert.equal(await read('averaged', 'last'), await read('plain'))
    assert.equal(await read('plain', 'last'), await read('plain'))
    assert.equal(await read('averaged', 'average'), await read('averaged'))
    assert.not.equal(await read('averaged'), await read('plain'))

    await runTraining(folder, 'after-plain', { inputs: { init: { folder: join(folder, 'plain') } } })
    await runTraining(folder, 'after-averaged', { inputs: { init: { folder: join(folder, 'averaged') } } })
    assert.equal(await bytes('after-averaged'), await bytes('after-plain'))
  }))

test.run()
