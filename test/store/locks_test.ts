import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { acquireLock, heldLocks } from '../../runtime/store/locks.ts'
import { ownerText, thisProcess } from '../../runtime/store/process.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'

const contender = join(import.meta.dirname, 'lock_child.js')

/** Leaves a lock behind as a killed process does. */
async function leaveLock(folder: string, name: string, owner = { ...thisProcess(), start: '1' }): Promise<void> {
  await mkdir(join(folder, 'claims', name), { recursive: true })
  await writeFile(join(folder, 'claims', name, `${ownerText(owner)}.abcd`), '')
}

const inStore = (body: (folder: string) => Promise<void>) => () =>
  inTempFolder(async folder => {
    await openStore(folder).prepare()
    await body(folder)
    assert.equal(await readdir(join(folder, 'staging')), [], 'nothing is left')
  })

test(
  'a second owner waits, is told for whom, and has its turn',
  inStore(async folder => {
    const first = await acquireLock(folder, 'a')
    assert.equal(await heldLocks(folder), ['a'])
    const told: number[] = []
    const second = acquireLock(folder, 'a', { onWait: ({ pid }) => void told.push(pid) })
    await setTimeout(120)
    assert.equal(told, [process.pid])
    await first?.release()
    await (await second)?.release()
    assert.equal(await readdir(join(folder, 'claims')), [])
  }),
)

test(
  'a wait ends when it is stopped',
  inStore(async folder => {
    const first = await acquireLock(folder, 'a')
    const stop = new AbortController()
    const second = acquireLock(folder, 'a', { signal: stop.signal })
    await setTimeout(20)
    stop.abort()
    assert.is(await second, undefined)
    await first?.release()
  }),
)

test(
  'what a dead process holds is taken over without a wait, and said',
  inStore(async folder => {
    await leaveLock(folder, 'a')
    let told = 0
    const lock = await acquireLock(folder, 'a', {
      onWait: () => assert.unreachable('it waits'),
      onTakeover: async () => (told += 1),
    })
    assert.is(told, 1)
    await lock?.release()
  }),
)

test(
  'a lock that cannot be taken over is given back',
  inStore(async folder => {
    await leaveLock(folder, 'a')
    const fault = await acquireLock(folder, 'a', { onTakeover: () => Promise.reject(new Error('no')) }).catch(String)
    assert.is(fault, 'Error: no')
    assert.equal(await readdir(join(folder, 'claims')), [])
  }),
)

test(
  'a process of another machine holds its lock as long as it shows signs of life',
  inStore(async folder => {
    const owner = { host: 'another-host', pid: 1, start: '1' }
    await leaveLock(folder, 'a', owner)
    await writeFile(join(folder, 'alive', `${ownerText(owner)}.abcd`), '\n')
    assert.equal(await heldLocks(folder), ['a'])
    await writeFile(join(folder, 'alive', 'other'), '')
    await execa('rm', [join(folder, 'alive', `${ownerText(owner)}.abcd`)])
    await (await acquireLock(folder, 'a'))?.release()
  }),
)

test(
  'what is no lock is named, with what to do',
  inStore(async folder => {
    await mkdir(join(folder, 'claims', 'a'))
    await writeFile(join(folder, 'claims', 'a', 'notes'), '')
    const fault = await acquireLock(folder, 'a').catch(String)
    assert.match(String(fault), /claims\/a\/notes" is no lock of terroir, and stands where one belongs; remove it$/)
  }),
)

test(
  'a sweep removes the locks of the dead and those that a kill left empty, and no living one',
  inStore(async folder => {
    await leaveLock(folder, 'dead')
    await mkdir(join(folder, 'claims', 'empty'))
    const held = await acquireLock(folder, 'held')
    await openStore(folder).sweep()
    assert.equal(await readdir(join(folder, 'claims')), ['held'])
    await held?.release()
  }),
)

test(
  'of racing processes one at a time has it, also when they race for what a dead one left: 20 times',
  inStore(async folder => {
    for (let round = 0; round < 20; round += 1) {
      const name = `round-${round}`
      await leaveLock(folder, name)
      const log = join(folder, name)
      await Promise.all(Array.from({ length: 3 }, () => execa('node', [contender, folder, name, log])))
      const lines = (await readFile(log, 'utf8')).trim().split('\n')
      assert.is(lines.length, 12)
      for (let i = 0; i < lines.length; i += 2) assert.is(lines[i + 1], `out ${lines[i]?.slice(3)}`, lines.join(' '))
    }
  }),
)

test.run()
