import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openStore } from '../../runtime/store/store.ts'
import { writeClip } from '../model/tiny_clip.ts'
import { inTempFolder, projectRoot } from '../support.ts'
import { fewLandmarks } from './fixtures/landmarks.ts'

const program = join(import.meta.dirname, '../../runtime/cli/main.js')
const often = ['--set', 'train.pretrain.checkpoint_every=0s', '--set', 'train.pretrain.phases.0.samples=1600']

/** Waits until a file of that name lies anywhere below a folder. */
async function appears(folder: string, name: string, { before }: { readonly before: Promise<unknown> }): Promise<void> {
  let over = false
  void before.then(() => {
    over = true
  })
  while (!over) {
    const files = await readdir(folder, { recursive: true }).catch(() => [])
    if (files.some(file => file.endsWith(name))) return
    await setTimeout(5)
  }
  throw new Error(`${name} never appeared in ${folder}`)
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const)
  test(`a run that ${signal} ends in the middle of a phase gives, run again, what one gives that nothing ended`, () =>
    inTempFolder(async folder => {
      const recipe = join(folder, 'whole.yaml')
      await cp(join(projectRoot, 'test/cli/fixtures/whole.yaml'), recipe)
      await writeFile(join(folder, 'places.geojson'), await fewLandmarks())
      await writeClip(folder)
      const run = (store: string, options: readonly string[] = []) =>
        execa('node', [program, 'run', recipe, '--until', 'pretrain.web', '--store', store, ...often, ...options], {
          cwd: folder,
          reject: false,
        })
      const straight = join(folder, 'straight')
      const { exitCode, stderr } = await run(straight)
      assert.is(exitCode, 0, stderr)

      const store = join(folder, 'killed')
      const killed = run(store)
      await appears(join(store, 'checkpoints'), 'step-000000030.safetensors', { before: killed })
      killed.kill(signal)
      assert.is.not((await killed).exitCode, 0)
      const [key = ''] = await readdir(join(store, 'checkpoints'))
      const left = await readdir(join(store, 'checkpoints', key))
      assert.ok(left.filter(name => /^step-\d+\.safetensors$/.test(name)).length >= 1, left.join())

      const again = await run(store)
      assert.is(again.exitCode, 0, again.stderr)
      const logs = await readdir(store, { recursive: true })
      const texts = await Promise.all(
        logs.filter(name => name.endsWith('.log')).map(name => readFile(join(store, name), 'utf8')),
      )
      assert.match(texts.join(), /Going on from the checkpoint of step (3\d|[4-9]\d) of 100/)
      const [found, expected] = await Promise.all([store, straight].map(of => openStore(of).find(key)))
      assert.is(found?.manifest.id, 'pretrain.web')
      assert.equal(
        [found?.manifest.digest, found?.manifest.metrics],
        [expected?.manifest.digest, expected?.manifest.metrics],
      )
      assert.equal(await readdir(join(store, 'checkpoints')), [], 'nothing is left once the result is published')
    }))

test.run()
