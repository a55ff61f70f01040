import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findDevices, parseDevices, visibleDevices } from '../../runtime/schedule/devices.ts'
import { openLocalSlots } from '../../runtime/schedule/local_slots.ts'
import { runLocally } from '../../runtime/schedule/run_local.ts'
import { shareSlots } from '../../runtime/schedule/slot_locks.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { fixtureWorker, planOf, stage } from './support.ts'

const table = `0, GPU-aa11, NVIDIA H100, 81559, 5, 0
1, GPU-bb22, NVIDIA H100, 81559, 60000, 97
2, GPU-cc33, NVIDIA H100, 81559, 5, [N/A]`

const uuids = (visible: string | undefined): string =>
  visibleDevices(parseDevices(table), visible)
    .map(({ uuid }) => uuid.slice(4))
    .join(' ')

test('CUDA_VISIBLE_DEVICES is honoured as CUDA does it', () => {
  assert.is(uuids(undefined), 'aa11 bb22 cc33')
  assert.is(uuids(''), '')
  assert.is(uuids('-1'), '')
  assert.is(uuids('2,0'), 'cc33 aa11')
  assert.is(uuids('GPU-bb,GPU-aa11'), 'bb22 aa11')
  assert.is(uuids('1,7,0'), 'bb22')
  assert.is(uuids('1,1'), 'bb22')
})

/** Runs `body` with a program `nvidia-smi` that prints a table, with identities that only this test knows. */
async function withGpus(body: (folder: string, tag: string) => Promise<void>): Promise<void> {
  await inTempFolder(async folder => {
    const tag = `${process.pid}-${Date.now()}`
    const path = process.env.PATH
    const program = join(folder, 'nvidia-smi')
    await writeFile(program, `#!/bin/sh\ncat <<'END'\n${table.replaceAll('GPU-', `GPU-${tag}-`)}\nEND\n`)
    await chmod(program, 0o755)
    process.env.PATH = `${folder}${delimiter}${path}`
    try {
      await body(folder, tag)
    } finally {
      process.env.PATH = path
    }
  })
}

test('GPUs that others use are left out with a notice, unless another run of terroir holds them', () =>
  withGpus(async (_, tag) => {
    assert.is((await findDevices(undefined)).length, 3)
    const notices: string[] = []
    const open = (count?: number) =>
      openLocalSlots({
        engine: 'cuda',
        ...(count === undefined ? {} : { count }),
        onNotice: text => notices.push(text),
      })
    const { pool, devices } = await open()
    assert.equal(devices, [`GPU-${tag}-aa11`, `GPU-${tag}-cc33`])
    assert.equal(notices, ['Left out, in use by others: GPU 1 (58.6 of 79.6 GiB taken, 97 % load)'])
    assert.equal(pool.take(2), [0, 1])
    const second = await open()
    assert.is(second.pool.take(1), undefined)
    assert.match(second.pool.others?.text() ?? '', `hold: GPU 0 (process ${process.pid}), GPU 2`)
    pool.give([1])
    assert.equal(second.pool.take(1), [1])
    for (const { close } of [pool, second.pool]) close()
    assert.match(
      String(await open(3).catch(error => error)),
      'asks for 3 GPUs, and 2 of 3 are free; in use by others: GPU 1',
    )
  }))

test('a stage sees the GPUs of its slots and no others; one without slots sees none', () =>
  withGpus(async (folder, tag) => {
    const store = openStore(join(folder, 'store'))
    const plan = planOf([
      stage('wide', 'process', { slots: 2 }),
      stage('narrow', 'process', { slots: 1 }),
      stage('none', 'process'),
    ])
    const { results } = await runLocally(
      { ...plan, engine: 'cuda' },
      {
        store,
        found: new Map(),
        forced: new Set(),
        keepGoing: false,
        jobs: 3,
        signal: new AbortController().signal,
        entry: fixtureWorker,
        onEvent: () => undefined,
      },
    )
    const seen = (id: string): string => results.get(id)?.manifest.summary.replace(/^\d+ /, '') ?? ''
    assert.is(seen('wide'), `GPU-${tag}-aa11,GPU-${tag}-cc33`)
    assert.is(seen('narrow'), `GPU-${tag}-aa11`)
    assert.is(seen('none'), '')
  }))

test('without GPUs, or for the engine cpu, slots share the processor', () =>
  withGpus(async () => {
    const { pool, devices } = await openLocalSlots({ engine: 'cpu', count: 3, onNotice: () => undefined })
    assert.is(pool.size, 3)
    assert.is(devices, undefined)
    pool.close()
  }))

test('slots of the processor are those of the machine: two runs never hold one together, whatever their stores', async () => {
  const open = (count?: number) =>
    openLocalSlots({ engine: 'cpu', ...(count !== undefined && { count }), onNotice: () => undefined })
  const [one, other, wider] = [(await open()).pool, (await open()).pool, (await open(2)).pool]
  assert.equal(one.take(1), [0])
  assert.is(other.take(1), undefined)
  assert.is(
    other.others?.text(),
    `Waiting for slots that other runs hold: processor slot 0 (process ${process.pid}); --slots 2 would make one more`,
  )
  assert.equal(wider.take(1), [1])
  one.give([0])
  assert.equal(other.take(1), [0])
  for (const { close } of [one, other, wider]) close()
})

test('a folder of slots that cannot be made is named, with the variable that names another', () =>
  inTempFolder(async folder => {
    await writeFile(join(folder, 'file'), '')
    assert.throws(
      () => shareSlots(join(folder, 'file', 'slots'), [{ name: 'a', label: 'a' }]),
      /cannot agree on slots: '.*file.*'.*; name a folder that all may write by TERROIR_SLOTS_FOLDER/,
    )
  }))

const slots = ['a', 'b'].map(name => ({ name, label: name }))

test('who waits for a wide stage is not overtaken by narrow ones of another run', () =>
  inTempFolder(async folder => {
    const [wide, narrow] = [shareSlots(folder, slots), shareSlots(folder, slots)]
    assert.equal(narrow.take(1), [0])
    assert.is(wide.take(2), undefined)
    assert.is(narrow.take(1), undefined)
    narrow.give([0])
    await setTimeout(2)
    assert.is(narrow.take(1), undefined)
    assert.equal(wide.take(2), [0, 1])
    wide.give([0, 1])
    assert.equal(narrow.take(1), [0])
  }))

test('processes that race for slots never hold one together, and a killed one leaves none behind', () =>
  inTempFolder(async folder => {
    const program = join(import.meta.dirname, 'fixtures', 'slot_racer.js')
    await mkdir(join(folder, 'held'))
    const racers = [1, 2, 3].map(seed => execa('node', [program, folder, String(seed)], { reject: false }))
    await Promise.race(racers.map(racer => new Promise(resolve => racer.stdout.once('data', resolve))))
    racers[0]?.kill('SIGKILL')
    const ends = await Promise.all(racers)
    for (const { stdout, stderr } of ends.slice(1)) assert.match(stdout, 'done', stderr)
    const after = shareSlots(join(folder, 'slots'), slots)
    assert.equal(after.take(2), [0, 1])
    after.close()
  }))

test.run()
