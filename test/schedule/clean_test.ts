import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { removeUnneeded, survey } from '../../runtime/schedule/clean.ts'
import { runLocally } from '../../runtime/schedule/run_local.ts'
import { verifyStore } from '../../runtime/schedule/verify.ts'
import { openStore } from '../../runtime/store/store.ts'
import { inTempFolder } from '../support.ts'
import { fixtureWorker, planOf, stage } from './support.ts'

const nothing = { needed: new Set<string>(), keepSince: Number.POSITIVE_INFINITY }

test('nothing that a run uses is removed, nor set aside', () =>
  inTempFolder(async folder => {
    const store = openStore(join(folder, 'store'))
    const read = stage('read', 'good')
    const plan = planOf([read, stage('long', 'until-stopped', { inputs: [read] })])
    const stop = new AbortController()
    let looked = 0
    async function look(): Promise<void> {
      const found = await survey(store, nothing)
      assert.equal(found.unneeded, [])
      assert.ok(found.kept.some(({ key }) => key === read.key))
      assert.equal(await removeUnneeded(store, { ...found, unneeded: found.kept }, async () => nothing), [])
      await verifyStore(store, { keep: false, onResult: ({ movedTo }) => assert.is(movedTo, undefined) })
      looked += 1
    }
    await runLocally(plan, {
      store,
      found: new Map(),
      forced: new Set(),
      keepGoing: false,
      signal: stop.signal,
      entry: fixtureWorker,
      async onEvent(event) {
        if (event.kind === 'stage-progress' && event.stage === 'long') await look().finally(() => stop.abort())
      },
    })
    assert.is(looked, 1)
    assert.ok(await store.find(read.key))
    const after = await survey(store, nothing)
    assert.equal(
      (await removeUnneeded(store, after, async () => nothing)).map(({ kind, stage }) => [kind, stage]),
      [['result', 'read']],
    )
    assert.is(await store.find(read.key), undefined)
  }))

test.run()
