import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTempFolder } from '../support.ts'
import { canMount, fillDisk } from './crash_disk.ts'
import {
  type Ending,
  endingOf,
  faultsOfNextRun,
  faultsOfRace,
  processesIn,
  startRun,
  writeProject,
} from './crash_support.ts'

/** Runs a body in a fresh project. */
const inProject = <T>(body: (folder: string) => Promise<T>): Promise<T> =>
  inTempFolder(async folder => {
    await writeProject(folder)
    return body(folder)
  })

let undisturbed: Ending = { lock: '', metrics: '' }
let calls = 0

test('an undisturbed run of the small recipe ends well, twice with the same lock and metrics', () =>
  inProject(async folder => {
    const { stderr, exitCode } = await startRun(folder, { fault: 'count', at: 0 })
    assert.is(exitCode, 0, stderr)
    calls = Number(/(\d+) calls/.exec(stderr)?.[1])
    assert.ok(calls > 150)
    undisturbed = await endingOf(folder)
    await rm(join(folder, '.terroir'), { recursive: true })
    assert.equal(await faultsOfNextRun(folder, undisturbed), [])
  }))

for (const share of [0.3, 0.6])
  test(`a controller killed before a call to the file system (${share} of all) leaves what the next run ends well`, () =>
    inProject(async folder => {
      await startRun(folder, { fault: 'kill', at: Math.round(share * calls) })
      assert.equal(await faultsOfNextRun(folder, undisturbed), [])
    }))

test('so do a worker killed while it trains, and then the controller', () =>
  inProject(async folder => {
    const controller = startRun(folder)
    const worker = new Promise<number>(resolve => {
      async function look(): Promise<void> {
        const [found] = processesIn(folder).filter(pid => pid !== controller.pid)
        if (found !== undefined) return resolve(found)
        await setTimeout(5)
        return look()
      }
      controller.stdout.on('data', text => {
        if (String(text).includes('{"kind":"stage-started","stage":"pretrain.first"')) void look()
      })
    })
    process.kill(await worker, 'SIGKILL')
    await setTimeout(50)
    controller.kill('SIGKILL')
    await controller
    assert.equal(await faultsOfNextRun(folder, undisturbed), [])
  }))

test('two controllers that race do each stage once', () =>
  inProject(async folder => assert.equal(await faultsOfRace(folder, undisturbed), [])))

test('a disk that is full for the controller is told, and the next run goes on', () =>
  inProject(async folder => {
    const { exitCode, stdout, stderr } = await startRun(folder, { fault: 'full', at: Math.round(0.5 * calls) })
    assert.is(exitCode, 1)
    assert.match(`${stdout}${stderr}`, /The disk is full; make room/)
    assert.equal(await faultsOfNextRun(folder, undisturbed), [])
  }))

if (await canMount())
  test('so is a disk that is full for the stages', async () => {
    const said: string[] = []
    await fillDisk(undisturbed, { inProject, sizes: [64], say: line => void said.push(line) })
    assert.equal(said, ['ok   disk of 64 KiB'])
  })
else console.log('skipped: so is a disk that is full for the stages (needs the right to mount)')

test.run()
