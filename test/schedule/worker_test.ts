import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Message } from '../../runtime/schedule/protocol.ts'
import { startWorker, type WorkerJobOptions, type WorkerOptions } from '../../runtime/schedule/start_worker.ts'
import { processStart } from '../../runtime/store/process.ts'
import { inTempFolder, projectRoot } from '../support.ts'

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', `${name}.js`)

interface Order extends Partial<WorkerOptions & WorkerJobOptions> {
  readonly params?: { readonly [name: string]: string }
  /** Programs and hosts that are granted. */
  readonly run?: readonly string[]
  readonly net?: readonly string[]
}

function work(out: string, kind: string, { params = {}, run = [], net = [], ...options }: Order = {}) {
  const messages: Message[] = []
  const worker = startWorker(
    { id: 'stage', kind, params, settings: {}, inputs: {}, files: {}, out, checkpoints: out, engine: 'cpu' },
    {
      entry: fixture('worker'),
      sandbox: { readable: [], writable: [out], run, net, env: [] },
      folder: out,
      log: join(out, '..', `${kind}.log`),
      memory: 2 ** 30,
      onStart: async () => undefined,
      onMessage: message => messages.push(message),
      ...options,
    },
  )
  return { ...worker, messages }
}

/** Runs one job to its end in a fresh folder. */
const ending = (kind: string, order: Order = {}) => inTempFolder(folder => work(folder, kind, order).ended)

async function faultOf(kind: string, order: Order = {}) {
  const end = await ending(kind, order)
  if (end.kind !== 'fault') throw new Error(`Expected a fault, got ${JSON.stringify(end)}`)
  return end.fault
}

/** Programs that leave their group are found by `/proc`. */
const testOnLinux: typeof test | typeof test.skip = process.platform === 'linux' ? test : test.skip

/** Waits until no such process lives any more; fails after ten seconds. */
async function untilGone(pid: number): Promise<void> {
  for (let tries = 0; processStart(pid) !== undefined; tries += 1) {
    assert.ok(tries < 200, `process ${pid} survived`)
    await setTimeout(50)
  }
}

test('a good stage yields its result, warnings and progress, whatever libraries print', () =>
  inTempFolder(async out => {
    let started = 0
    const worker = work(out, 'good', {
      onStart: async ({ pid }) => {
        started = pid
        assert.not.ok(existsSync(join(out, 'text')))
      },
    })
    const end = await worker.ended
    if (end.kind !== 'result') throw new Error(JSON.stringify(end))
    assert.is(end.result.summary, '3 things')
    assert.equal(end.warnings, ['one image was skipped'])
    assert.ok(end.peakMemory > 1e7)
    assert.ok(started > 0)
    assert.ok(worker.messages.some(message => message.kind === 'progress' && message.progress.loss === 0.5))
    assert.match(await readFile(join(out, '..', 'good.log'), 'utf8'), /out \{"kind":"result"\}\n.*err a library warns/s)
  }))

test("a user's fault is told in its own words, with what the stage was doing; the stack is in the log", async () => {
  const fault = await faultOf('user-fault')
  assert.is(fault.text, 'Image "a.jpg" is missing; put it back or remove its row')
  assert.is(fault.doing, '7 of 20 tiles done')
  assert.is(fault.class, 'data')
  assert.is(fault.hint, 'put it back or remove its row')
  assert.equal(fault.place, { item: 'a.jpg' })
  assert.match(fault.stack ?? '', 'kinds.ts')
  assert.match(await readFile(fault.log, 'utf8'), 'kinds.ts')
})

test('texts of megabytes reach messages in part, which say how much is missing, and the log whole', async () =>
  inTempFolder(async out => {
    const worker = work(out, 'long-texts')
    const end = await worker.ended
    if (end.kind !== 'fault') throw new Error(JSON.stringify(end))
    const { text, stack = '', lastLines, log } = end.fault
    assert.ok(text.startsWith('begin') && text.length < 2100)
    assert.match(text, /x … \(1,39\d,\d{3} more characters, see the log of the stage\)$/)
    assert.ok(text.split('\n').length <= 20)
    assert.ok(stack.length < 60_000)
    assert.match(stack, /\n +at .*kinds/)
    assert.ok(worker.messages.length >= 3)
    for (const message of worker.messages) assert.ok(JSON.stringify(message).length < 70_000, message.kind)
    assert.ok(lastLines.length > 0 && lastLines.every(line => line.length < 1100))
    const written = await readFile(log, 'utf8')
    assert.ok(written.length > 1.4e6)
    assert.match(written, /xxx\nend\n +at /)
    assert.not.ok(written.includes('\x1b'))
  }))

test('an unknown kind is a fault', async () => {
  assert.is((await faultOf('nothing')).text, 'No stage of kind "nothing" exists')
})

test('the sandbox refuses writing, reading and starting programs outside', async () => {
  const target = '/tmp/terroir-test-must-not-exist'
  const write = await faultOf('write-outside', { params: { path: target } })
  assert.match(write.text, `The stage may not write '${target}'`)
  assert.not.ok(existsSync(target))
  assert.match(
    (await faultOf('read-outside')).text,
    "The stage may not read '/etc/hostname'; add it to permissions.read",
  )
  assert.match((await faultOf('spawn')).text, "The stage may not start 'true'; add it to permissions.run")
})

test('folders that begin like other inputs, and inputs inside packages or links, can be read', () =>
  inTempFolder(async folder => {
    const at = (path: string): string => join(folder, path)
    await Promise.all(['mine', 'mine2', 'out', 'real'].map(name => mkdir(at(name))))
    await writeFile(at('mine.csv'), '')
    await symlink(at('real'), at('link'))
    const readable = ['mine.csv', 'mine', 'mine2', 'link'].map(at)
    const inPackage = join(projectRoot, 'node_modules/execa/package.json')
    const end = await work(at('out'), 'list', {
      sandbox: { readable: [...readable, inPackage], writable: [at('out')], run: [], net: [], env: [] },
      params: { mine: at('mine'), mine2: at('mine2'), link: at('link'), packages: join(projectRoot, 'node_modules') },
    }).ended
    assert.is(end.kind, 'result', JSON.stringify(end))
  }))

test('the sandbox does not take a folder for another that begins with its name', () =>
  inTempFolder(async out => {
    const end = await work(out, 'write-outside', { params: { path: `${out}-beside` } }).ended
    assert.is(end.kind, 'fault')
    assert.not.ok(existsSync(`${out}-beside`))
  }))

const hostile = { entry: fixture('hostile') }

test('garbage on the channel is survived and logged', async () => {
  const end = await ending('garbage', hostile)
  assert.is(end.kind === 'result' && end.result.summary, 'after all')
})

test('a flood without line breaks is survived', async () => {
  assert.match((await faultOf('flood', hostile)).text, 'exited with code 4')
})

test('every way to end without a result is a fault with a reason', async () => {
  assert.match((await faultOf('silent', hostile)).text, 'ended without a result')
  const exit = await faultOf('exit-3', hostile)
  assert.match(exit.text, 'exited with code 3')
  assert.equal(exit.lastLines, ['last words'])
  assert.match(
    (await faultOf('killed', hostile)).text,
    'Memory ran out after 2.0 GiB (estimate 1.0 GiB); run fewer stages at a time with --jobs 1',
  )
})

test('a crash after the result does not lose it', async () => {
  assert.is((await ending('crash-after-result', hostile)).kind, 'result')
})

test('a worker that cannot be journaled does not run', async () => {
  const fault = await faultOf('good', { onStart: () => Promise.reject(new Error('The disk is full')) })
  assert.is(fault.text, 'The disk is full')
})

test('a stage that listens stops gracefully', () =>
  inTempFolder(async out => {
    const worker = work(out, 'until-stopped', {
      onMessage: message => {
        if (message.kind === 'progress') worker.stop()
      },
    })
    assert.is((await worker.ended).kind, 'stopped')
  }))

for (const [kind, entry] of [
  ['deaf', fixture('hostile')],
  ['spin', fixture('worker')],
] as const) {
  test(`a ${kind} worker is killed after the time of grace`, () =>
    inTempFolder(async out => {
      const worker = work(out, kind, {
        entry,
        grace: 100,
        onMessage: message => {
          if (message.kind === 'log') worker.stop()
        },
      })
      assert.is((await worker.ended).kind, 'stopped')
    }))
}

test('a worker without a sign of life is ended', async () => {
  const fault = await faultOf('spin', { silence: 1000, grace: 100 })
  assert.match(fault.text, 'gave no sign of life for 1 s')
  assert.is(fault.doing, 'spinning')
})

test('a stage that takes too long is ended, and says so', async () => {
  const fault = await faultOf('until-stopped', { timeout: 300, grace: 2000 })
  assert.match(fault.text, 'took longer than 0 s, the --timeout of this run')
})

test('what a stage started ends with it', () =>
  inTempFolder(async out => {
    const end = await work(out, 'sleeper', { run: ['sleep'] }).ended
    assert.is(end.kind, 'result')
    await untilGone(Number(await readFile(join(out, 'pid'), 'utf8')))
  }))

/** Numbers of the daemons that a stage of the fixtures starts. */
const daemons = (out: string): Promise<readonly number[]> =>
  Promise.all([0, 1, 2, 3].map(async index => Number(await readFile(join(out, `pid-${index}`), 'utf8'))))

testOnLinux('daemons that a stage started end with it, also those in sessions of their own', () =>
  inTempFolder(async out => {
    const end = await work(out, 'daemons', { run: ['sh', 'setsid'] }).ended
    assert.is(end.kind, 'result', JSON.stringify(end))
    for (const pid of await daemons(out)) assert.is(processStart(pid), undefined, `process ${pid} survived`)
  }),
)

for (const victim of ['the controller', 'controller and worker']) {
  testOnLinux(`where ${victim} are killed, daemons of the stage end as well`, () =>
    inTempFolder(async out => {
      const controller = execa('node', [fixture('controller'), out, 'daemons-and-spin'], {
        reject: false,
        buffer: false,
      })
      const worker = await new Promise<number>(resolve =>
        controller.stdout.once('data', text => resolve(Number.parseInt(text, 10))),
      )
      const started = await daemons(out)
      for (const pid of started) assert.ok(processStart(pid), `daemon ${pid} runs`)
      controller.kill('SIGKILL')
      if (victim !== 'the controller') process.kill(worker, 'SIGKILL')
      await controller
      for (const pid of [worker, ...started]) await untilGone(pid)
    }),
  )
}

for (const kind of ['sleeper-and-spin', 'until-stopped']) {
  test(`a killed controller takes its workers and their children along (${kind})`, () =>
    inTempFolder(async out => {
      const controller = execa('node', [fixture('controller'), out, kind], { reject: false, buffer: false })
      const worker = await new Promise<number>(resolve =>
        // The number may come more than once at a time.
        controller.stdout.once('data', text => resolve(Number.parseInt(text, 10))),
      )
      assert.ok(processStart(worker))
      controller.kill('SIGKILL')
      await controller
      await untilGone(worker)
      if (kind === 'sleeper-and-spin') await untilGone(Number(await readFile(join(out, 'pid'), 'utf8')))
    }))
}

test.run()
