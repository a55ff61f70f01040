import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { picture, put } from '../data/readers/support.ts'
import { inTempFolder } from '../support.ts'

const program = join(import.meta.dirname, '../../runtime/cli/main.js')

const recipe = `name: photos
params: { data: photos }
permissions: { read: ["\${params.data}"] }
resources: { elsewhere: true }
sources:
  photos: { kind: folder, path: "\${params.data}", tile_size: 32, max_corrupt: 1 }
filters:
  tidy: { kind: rules, from: photos, min_words: 1, min_contrast: 0 }
`

async function terroir(cwd: string, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await execa('node', [program, ...args], { cwd, reject: false })
  return { exitCode, stdout, stderr }
}

test('a lock is reproduced where the data lies elsewhere, and is refused where the data is another', () =>
  inTempFolder(async folder => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    await put(first, {
      'r.yaml': recipe,
      'package.json': '{}',
      'photos/lake/0.jpg': await picture(3),
      'photos/lake/1.jpg': await picture(5),
      'photos/lake/2.jpg': 'no picture',
    })
    assert.is((await terroir(first, 'run', 'r.yaml')).exitCode, 0)
    const lock = await readFile(join(first, 'r.lock'), 'utf8')
    assert.not.match(lock, 'photos/')
    await mkdir(second)
    for (const file of ['r.yaml', 'r.lock', 'package.json']) await cp(join(first, file), join(second, file))
    await rename(join(first, 'photos'), join(folder, 'pictures'))
    const place = join(folder, 'pictures')
    const locked = ['run', 'r.yaml', '--locked', '--set', `params.data=${place}`, `--allow-read=${place}`]
    const again = await terroir(second, ...locked)
    assert.is(again.exitCode, 0, again.stderr)
    assert.is(await readFile(join(second, 'r.lock'), 'utf8'), lock)
    assert.is((await terroir(second, 'lock', 'r.yaml', '--check')).exitCode, 0)
    await writeFile(join(place, 'lake/1.jpg'), await picture(7))
    const refused = await terroir(second, ...locked)
    assert.is(refused.exitCode, 1)
    assert.match(`${refused.stdout}${refused.stderr}`, place)
  }))

test.run()
