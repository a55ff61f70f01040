import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { DataFault, type FaultClass, faultClassOf, UserFault } from '../../dsl/diagnostics/faults.ts'
import { trainTokenizer } from '../../runtime/data/bpe.ts'
import { createDataset, readIndex } from '../../runtime/data/dataset.ts'
import { openExtents } from '../../runtime/data/extents.ts'
import { readLandmarks } from '../../runtime/data/landmarks.ts'
import { readTokenizer } from '../../runtime/data/read_tokenizer.ts'
import { storeImage } from '../../runtime/data/stored_image.ts'
import { inTempFolder } from '../support.ts'

/** What a function throws or rejects with. */
async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

const expected: readonly (readonly [FaultClass, string, (folder: string) => unknown])[] = [
  ['user', 'a folder that no sample was made for', async folder => (await createDataset(folder)).close()],
  ['user', 'a vocabulary that is too small', () => trainTokenizer([], { vocabSize: 1 })],
  ['data', 'a folder without an index', folder => readIndex(folder)],
  ['data', 'a shard that is missing', folder => openExtents(folder).read('0.tar', { offset: 0, size: 1 }, 'a')],
  ['data', 'a file of landmarks that is none', folder => readLandmarks(join(folder, 'text'))],
  ['data', 'a tokenizer that is none', folder => readTokenizer(join(folder, 'text'))],
  ['data', 'an image that is none', () => storeImage(Buffer.from('x'), { name: "'a'", filter: 'lanczos3' })],
]
for (const [fault, name, work] of expected)
  test(`${name} is of the class '${fault}'`, () =>
    inTempFolder(async folder => {
      await writeFile(join(folder, 'text'), '"text"')
      const thrown = await thrownBy(() => work(folder))
      assert.instance(thrown, Error)
      assert.is(faultClassOf(thrown), fault)
    }))

test('faults keep their facts, hint and place apart', () =>
  inTempFolder(async folder => {
    const thrown = await thrownBy(() => trainTokenizer([], { vocabSize: 1 }))
    assert.instance(thrown, UserFault)
    if (!(thrown instanceof UserFault)) return
    assert.equal([thrown.place, thrown.hint], ['vocab_size', 'raise vocab_size'])
    assert.is(thrown.message, `${thrown.facts}; ${thrown.hint}`)
    await writeFile(join(folder, 'text'), '{"model":{}}')
    const damaged = await thrownBy(() => readTokenizer(join(folder, 'text')))
    assert.instance(damaged, DataFault)
    if (damaged instanceof DataFault) assert.is(damaged.place.file, join(folder, 'text'))
  }))

test.run()
