import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTempFolder, projectRoot } from '../support.ts'

const recipe = (words: number) => `name: photos
sources:
  photos:
    kind: folder
    path: photos
    captions: captions.csv
filters:
  plausible:
    kind: rules
    from: photos
    min_words: ${words}
claims:
  keeps_most:
    metric: plausible.kept
    at_least: 3
    origin: this test
`

/** Four pictures with captions of 1 to 4 words, and two recipes. */
async function writeProject(folder: string): Promise<void> {
  const photos = join(folder, 'photos')
  await mkdir(photos)
  const numbers = [1, 2, 3, 4]
  for (const number of numbers) {
    const pixels = Buffer.from(Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * number * 37) % 256))
    await sharp(pixels, { raw: { width: 48, height: 48, channels: 3 } }).toFile(join(photos, `${number}.png`))
  }
  const words = ['green', 'fields', 'and', 'roads']
  const rows = numbers.map(number => `${number}.png,${words.slice(0, number).join(' ')}`)
  await writeFile(join(photos, 'captions.csv'), ['image,caption', ...rows, ''].join('\n'))
  await writeFile(join(folder, 'recipe.yaml'), recipe(2))
  await writeFile(join(folder, 'stricter.yaml'), recipe(3))
}

/** A project that depends on terroir, by links instead of an installation. */
async function linkPackages(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true })
  await symlink(projectRoot, join(folder, 'node_modules/terroir'))
  for (const name of ['@types/node', 'undici-types'])
    await symlink(join(projectRoot, 'node_modules', name), join(folder, 'node_modules', name))
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
}

const tool = (name: string): string => join(projectRoot, 'node_modules/.bin', name)

test('the example of docs/library.md type-checks in another project, and runs', () =>
  inTempFolder(async folder => {
    await writeProject(folder)
    await linkPackages(folder)
    const page = await readFile(join(projectRoot, 'docs/library.md'), 'utf8')
    const [, example = ''] = /```ts\n(.*?)```/s.exec(page) ?? []
    await writeFile(join(folder, 'example.ts'), example)
    const run = (program: string, ...args: readonly string[]) =>
      execa(program, args, { cwd: folder, reject: false, env: { TERROIR_STORE: '' } })
    const checked = await run(
      tool('tsc'),
      ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--target', 'es2023'],
      ...['--types', 'node', 'example.ts'],
    )
    assert.is(checked.stdout, '')
    await run(tool('esbuild'), 'example.ts', '--outfile=example.js', '--format=esm')
    const { exitCode, stdout, stderr } = await run('node', 'example.js')
    assert.is(exitCode, 0, stderr)
    assert.is(stderr, '')
    const lines = stdout.split('\n')
    assert.is(lines[0], '0 of 2 stages are done')
    assert.ok(
      lines.some(line => /^plausible: .*3/.test(line)),
      stdout,
    )
    assert.match(stdout, /^plausible \{ .*kept: 3/m)
    assert.ok(lines.includes('keeps_most: held'), stdout)
    assert.ok(lines.includes('filters.plausible.min_words: 2 -> 3'), stdout)
    assert.is(lines.at(-1), 'runs again: plausible')
  }))

test('wrong options and names of the entry are errors of types', () =>
  inTempFolder(async folder => {
    await linkPackages(folder)
    const text = [
      "import { check, folder, nothing, run } from 'terroir'",
      "await check('a.yaml', { sets: ['a=1'] })",
      "await run('a.yaml', { executor: 'cloud' })",
      'folder({ path: 1 })',
    ]
    await writeFile(join(folder, 'wrong.ts'), text.join('\n'))
    const { stdout } = await execa(
      tool('tsc'),
      ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', 'wrong.ts'],
      { cwd: folder, reject: false },
    )
    for (const line of [1, 2, 3, 4]) assert.match(stdout, new RegExp(`^wrong\\.ts\\(${line},`, 'm'))
  }))

test('no builder of recipes has the name of a function, and builders have no values', async () => {
  const entry = Object.keys(await import('../../runtime/app/mod.ts'))
  const sources = await Promise.all(
    ['dsl/mod.ts', 'dsl/builder_values.ts'].map(file => readFile(join(projectRoot, file), 'utf8')),
  )
  const declared = sources.flatMap(text =>
    [...text.matchAll(/^export (?:declare )?(?:function|interface|type) (\w+)/gm)].map(match => match[1] ?? ''),
  )
  assert.ok(declared.includes('recipe') && declared.includes('train'), 'the builders were found')
  assert.ok(entry.includes('run') && entry.includes('diff'), 'the functions were found')
  assert.equal(
    declared.filter(name => entry.includes(name)),
    [],
  )
})

test.run()
