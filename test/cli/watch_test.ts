import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTempFolder, projectRoot } from '../support.ts'

const cli = join(projectRoot, 'dist/runtime/cli/main.js')
const base = `sources:
  photos: { kind: folder, path: photos }
models:
  tiny:
    kind: mammut
    vision: { width: 32, layers: 2, heads: 2 }
    text: { width: 32, layers: 2, heads: 2 }
    tokenizer: { kind: bpe, from: [photos] }
train:
  pretrain:
    model: tiny
    phases: [{ name: first, data: photos.train, samples: 1k, learning_rate: 0.001 }]
evaluate:
  found: { kind: retrieval, model: pretrain, data: photos.test }
`

/** A check that goes on, and what it says until each time it waits. */
async function watching(
  folder: string,
  body: (told: () => Promise<string>, send: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<number | undefined> {
  const child = execa('node', [cli, 'check', 'recipe.yaml', '--watch'], {
    cwd: folder,
    reject: false,
    all: true,
    timeout: 60_000,
    env: { NO_COLOR: '1' },
  })
  const lines = child.iterable({ from: 'all' })
  const told = async (): Promise<string> => {
    let text = ''
    for (;;) {
      const { value, done } = await lines.next()
      if (done || value === 'Watching for changes') return text
      text += `${value}\n`
    }
  }
  await body(told, signal => void child.kill(signal))
  return (await child).exitCode
}

test('a watched check looks again when the recipe or its base is changed, removed, or renamed over', () =>
  inTempFolder(async folder => {
    const at = (name: string): string => join(folder, name)
    mkdirSync(at('photos'))
    writeFileSync(at('base.yaml'), base)
    writeFileSync(at('recipe.yaml'), 'extends: base.yaml\nname: watched\n')
    const code = await watching(folder, async (told, send) => {
      assert.is(await told(), 'recipe.yaml is fine\n')

      writeFileSync(at('base.yaml'), base.replace('1k', '1km'))
      assert.match(await told(), /base\.yaml:12:58: error bad-quantity/)

      writeFileSync(at('base.yaml.new'), base)
      renameSync(at('base.yaml.new'), at('base.yaml'))
      assert.is(await told(), 'recipe.yaml is fine\n')

      rmSync(at('base.yaml'))
      assert.match(await told(), 'error missing-file')

      writeFileSync(at('base.yaml'), base)
      assert.is(await told(), 'recipe.yaml is fine\n')

      rmSync(at('recipe.yaml'))
      assert.match(await told(), "There is no file 'recipe.yaml'")

      writeFileSync(at('recipe.yaml'), 'extends: base.yaml\nname: back\n')
      assert.is(await told(), 'recipe.yaml is fine\n')
      send('SIGINT')
    })
    assert.is(code, 130)
  }))

test.run()
