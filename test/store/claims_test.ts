import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { heldClaims, takeClaim } from '../../runtime/store/claims.ts'
import { ownerText, thisProcess } from '../../runtime/store/process.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'

const contender = join(import.meta.dirname, 'claim_child.js')

/** Leaves a claim behind as a killed process does. */
async function leaveClaim(folder: string, name: string, owner = { ...thisProcess(), start: '1' }): Promise<void> {
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
    const first = await takeClaim(folder, 'a')
    assert.equal(await heldClaims(folder), ['a'])
    const told: number[] = []
    const second = takeClaim(folder, 'a', { onWait: ({ pid }) => void told.push(pid) })
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
    const first = await takeClaim(folder, 'a')
    const stop = new AbortController()
    const second = takeClaim(folder, 'a', { signal: stop.signal })
    await setTimeout(20)
    stop.abort()
    assert.is(await second, undefined)
    await first?.release()
  }),
)

test(
  'what a dead process holds is taken over without a wait, and said',
  inStore(async folder => {
    await leaveClaim(folder, 'a')
    let told = 0
    const claim = await takeClaim(folder, 'a', {
      onWait: () => assert.unreachable('it waits'),
      onTakeover: async () => (told += 1),
    })
    assert.is(told, 1)
    await claim?.release()
  }),
)

test(
  'a claim that cannot be taken over is given back',
  inStore(async folder => {
    await leaveClaim(folder, 'a')
    const fault = await takeClaim(folder, 'a', { onTakeover: () => Promise.reject(new Error('no')) }).catch(String)
    assert.is(fault, 'Error: no')
    assert.equal(await readdir(join(folder, 'claims')), [])
  }),
)

test(
  'a process of another machine holds its claim as long as it shows signs of life',
  inStore(async folder => {
    const owner = { host: 'another-host', pid: 1, start: '1' }
    await leaveClaim(folder, 'a', owner)
    await writeFile(join(folder, 'alive', `${ownerText(owner)}.abcd`), '\n')
    assert.equal(await heldClaims(folder), ['a'])
    await writeFile(join(folder, 'alive', 'other'), '')
    await execa('rm', [join(folder, 'alive', `${ownerText(owner)}.abcd`)])
    await (await takeClaim(folder, 'a'))?.release()
  }),
)

test(
  'what is no claim is named, with what to do',
  inStore(async folder => {
    await mkdir(join(folder, 'claims', 'a'))
    await writeFile(join(folder, 'claims', 'a', 'notes'), '')
    const fault = await takeClaim(folder, 'a').catch(String)
    assert.match(String(fault), /claims\/a\/notes" is in the way of a claim; remove it and run again$/)
  }),
)

test(
  'a sweep removes the claims of the dead and those that a kill left empty, and no living one',
  inStore(async folder => {
    await leaveClaim(folder, 'dead')
    await mkdir(join(folder, 'claims', 'empty'))
    const held = await takeClaim(folder, 'held')
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
      await leaveClaim(folder, name)
      const log = join(folder, name)
      await Promise.all(Array.from({ length: 3 }, () => execa('node', [contender, folder, name, log])))
      const lines = (await readFile(log, 'utf8')).trim().split('\n')
      assert.is(lines.length, 12)
      for (let i = 0; i < lines.length; i += 2) assert.is(lines[i + 1], `out ${lines[i]?.slice(3)}`, lines.join(' '))
    }
  }),
)

test.run()
