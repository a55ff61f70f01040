import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../../runtime/app/run.ts'
import type { RunOptions } from '../../runtime/app/run_options.ts'
import { inTempFolder } from '../support.ts'

/** A recipe of one image. */
async function writeSmall(folder: string): Promise<string> {
  await mkdir(join(folder, 'photos/lake'), { recursive: true })
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: '#345' } })
  await picture.png().toFile(join(folder, 'photos/lake/a.png'))
  const recipe = join(folder, 'r.yaml')
  await writeFile(recipe, 'name: r\nsources:\n  photos: { kind: folder, path: photos }\n')
  return recipe
}

test('a run says which stored result is damaged and makes it anew, so that the lock holds', () =>
  inTempFolder(async folder => {
    const recipe = await writeSmall(folder)
    const store = join(folder, 'store')
    const runs = async (options: RunOptions = {}) => {
      const notices: string[] = []
      const { outcome, ran } = await run(recipe, { store, onNotice: text => notices.push(text), ...options })
      assert.is(outcome, 'done')
      return { notices, ran: [...ran] }
    }
    assert.equal(await runs(), { notices: [], ran: ['photos'] })
    assert.equal(await runs({ verify: true }), { notices: [], ran: [] })
    const [key = ''] = await readdir(join(store, 'results'))
    const index = join(store, 'results', key, 'index.parquet')
    const whole = await readFile(index)
    const flipped = Buffer.from(whole)
    flipped[20] = (flipped[20] ?? 0) ^ 1
    await chmod(index, 0o644)
    await writeFile(index, flipped)
    const again = await runs({ locked: true })
    assert.equal(again.ran, ['photos'])
    assert.match(
      again.notices.join(),
      /^The stored result of 'photos' is damaged: "index.parquet" is not as it was published; it was set aside as .* and is made anew$/,
    )
    assert.equal(await readFile(index), whole)
    assert.equal(await runs(), { notices: [], ran: [] })
  }))

test('the report that a run names is there and shows its results, whatever became of the page or the store', () =>
  inTempFolder(async folder => {
    const recipe = await writeSmall(folder)
    const store = join(folder, 'store')
    const pageOf = async (options: RunOptions = {}): Promise<string> => {
      const { report = '' } = await run(recipe, { store, ...options })
      return report
    }
    const page = await pageOf()
    const shown = await readFile(page, 'utf8')
    await writeFile(page, 'cut')
    assert.is(await pageOf(), page)
    assert.is(await readFile(page, 'utf8'), shown)
    await rm(page)
    assert.is(await readFile(await pageOf(), 'utf8'), shown)
    const copy = join(folder, 'copy')
    await cp(store, copy, { recursive: true, preserveTimestamps: true })
    await rm(store, { recursive: true })
    assert.is(await pageOf({ store: copy }), join(copy, 'reports/r/index.html'))
    // The stamp of another version of terroir is another.
    const stamp = join(copy, 'reports/r/stamp')
    const [digest = '', ...rest] = (await readFile(stamp, 'utf8')).split('\n')
    await writeFile(stamp, [digest.replace(/^./, first => (first === '0' ? '1' : '0')), ...rest].join('\n'))
    await writeFile(join(copy, 'reports/r/index.html'), shown.replace('lake', 'pond'))
    assert.is(await readFile(await pageOf({ store: copy }), 'utf8'), shown)
  }))

test.run()
