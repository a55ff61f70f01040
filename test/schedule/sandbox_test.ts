import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { startWorker } from '../../runtime/schedule/start_worker.ts'
import { inTempFolder } from '../support.ts'
import { fixtureWorker } from './support.ts'

interface Attempted {
  readonly how: string
  readonly target?: string
  readonly run?: readonly string[]
  readonly net?: readonly string[]
  readonly env?: readonly string[]
}

/** Lets a worker try to escape; the text of the fault, or `none`. */
async function attempt(folder: string, { how, target = '', run = [], net = [], env = [] }: Attempted): Promise<string> {
  const out = join(folder, 'out')
  await mkdir(out, { recursive: true })
  const end = await startWorker(
    {
      id: 'stage',
      kind: 'escape',
      params: { how, target },
      settings: {},
      inputs: {},
      files: {},
      out,
      checkpoints: out,
      engine: '',
    },
    {
      entry: fixtureWorker,
      sandbox: { readable: [], writable: [out], run, net, env },
      folder: out,
      log: join(folder, 'log'),
      memory: 0,
      onStart: async () => undefined,
      onMessage: () => undefined,
    },
  ).ended
  if (end.kind === 'stopped') throw new Error('Nobody stopped it')
  return end.kind === 'result' ? 'none' : end.fault.text
}

/** Runs `body` with the address of a server that answers everything and counts. */
async function withServer(body: (place: string, count: () => number) => Promise<void>): Promise<void> {
  let count = 0
  const answer: RequestListener = (_, response) => {
    count += 1
    response.end('hello')
  }
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    await body(`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, () => count)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const overNetwork = [
  'fetch',
  'http',
  'http2',
  'socket',
  'socket by options',
  'tls',
  'thread that fetches',
  'thread without options that fetches',
]

test('nothing reaches the network without a grant, from no thread; the fault names field and flag', () =>
  withServer((place, count) =>
    inTempFolder(async folder => {
      for (const how of overNetwork) {
        const text = await attempt(folder, { how, target: place, net: ['example.com', '127.0.0.1:1'] })
        const wanted = `The stage may not reach '${place}'; add it to permissions.net of the recipe and run with --allow-net=${place}`
        assert.is(text, wanted, how)
      }
      const dns = await attempt(folder, { how: 'dns', target: 'example.com' })
      assert.match(dns, "The stage may not reach 'example.com'")
      const unix = await attempt(folder, { how: 'unix socket', target: '/run/x.sock' })
      assert.match(unix, "The stage may not reach '/run/x.sock'")
      assert.match(await attempt(folder, { how: 'udp' }), "may not reach 'a UDP socket'")
      assert.match(await attempt(folder, { how: 'listen' }), "may not reach 'a port to listen on'")
      assert.is(count(), 0)
    }),
  ))

test('a granted host is reached, whole or by port', () =>
  withServer((place, count) =>
    inTempFolder(async folder => {
      assert.is(await attempt(folder, { how: 'fetch', target: place, net: ['127.0.0.1'] }), 'none')
      assert.is(await attempt(folder, { how: 'http', target: place, net: [place] }), 'none')
      assert.is(count(), 2)
    }),
  ))

test('no program starts without a grant, by no way; the fault names field and flag', () =>
  inTempFolder(async folder => {
    for (const run of [[], ['false']]) {
      for (const how of ['spawn', 'spawnSync', 'execFileSync'])
        assert.is(
          await attempt(folder, { how, target: 'true', run }),
          "The stage may not start 'true'; add it to permissions.run of the recipe and run with --allow-run=true",
          `${how} with ${run}`,
        )
      for (const how of ['shell', 'shell by option'])
        assert.match(await attempt(folder, { how, target: 'true', run }), /may not start '(\/bin\/)?sh'/, how)
    }
    assert.is(await attempt(folder, { how: 'spawn', target: 'true', run: ['true'] }), 'none')
    assert.is(await attempt(folder, { how: 'execFileSync', target: 'true', run: ['true'] }), 'none')
  }))

test('nothing outside is read, written, moved or removed; the fault names field and flag', () =>
  inTempFolder(async folder => {
    const target = join(folder, 'secret')
    await writeFile(target, 'secret')
    for (const how of ['read', 'read by promise', 'thread that reads'])
      assert.is(
        await attempt(folder, { how, target }),
        `The stage may not read '${target}'; add it to permissions.read of the recipe and run with --allow-read=${target}`,
        how,
      )
    assert.match(await attempt(folder, { how: 'read by a path with dots', target }), 'The stage may not read')
    for (const how of ['read by a link', 'read by a hard link'])
      assert.match(await attempt(folder, { how, target }), /may not|sandbox refused/, how)
    for (const how of ['write', 'append', 'remove', 'move away'])
      assert.match(await attempt(folder, { how, target }), /^The stage may not (write|read)/, how)
    assert.is(await readFile(target, 'utf8'), 'secret')
    assert.not.ok(existsSync(join(folder, 'out', 'moved')))
  }))

test('a stage sees no environment variable that was not granted', () =>
  inTempFolder(async folder => {
    process.env.TERROIR_TEST_SECRET = 'x'
    const how = 'see the environment'
    assert.match(await attempt(folder, { how, target: 'TERROIR_TEST_SECRET' }), "'TERROIR_TEST_SECRET' is not set")
    assert.is(await attempt(folder, { how, target: 'TERROIR_TEST_SECRET', env: ['TERROIR_TEST_SECRET'] }), 'none')
  }))

test.run()
