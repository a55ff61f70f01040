/** `terroir diff` where git does not keep the data of a recipe, or keeps it as links and pointers. */
import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sha256 } from '../../dsl/compile/keys.ts'
import { put } from '../data/readers/support.ts'
import { inTempFolder, projectRoot, sharedPath, testWithShared } from '../support.ts'

const program = join(projectRoot, 'dist/runtime/cli/main.js')

/** Runs a program in a folder. */
const runIn = (cwd: string) => async (name: string, args: readonly string[]) => {
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', NO_COLOR: '1' }
  const { exitCode, stdout, stderr } = await execa(name, args, { cwd, reject: false, env })
  return { exitCode, stdout, stderr }
}

/** A repository of the files that lie in a folder, and a clone of it. */
async function cloned(folder: string): Promise<string> {
  const run = runIn(folder)
  const who = ['-c', 'user.email=somebody@example.org', '-c', 'user.name=Somebody']
  await run('git', ['init', '-q', '-b', 'main'])
  await run('git', ['add', '-A'])
  await run('git', [...who, 'commit', '-qm', 'A state'])
  const clone = `${folder}-clone`
  assert.is((await run('git', ['clone', '-q', folder, clone])).exitCode, 0)
  return clone
}

/** `terroir diff` of a recipe and its last commit. */
async function diff(folder: string, recipe: string) {
  const { exitCode, stdout, stderr } = await runIn(folder)('node', [program, 'diff', `HEAD:${recipe}`, recipe])
  assert.is(exitCode, 0, `${recipe}: ${stderr}`)
  return stdout.split('\n').slice(1)
}

/** A clone of a repository of the recipes that are checked in. */
async function clonedRecipes(folder: string): Promise<{ readonly clone: string; readonly names: readonly string[] }> {
  const origin = join(folder, 'origin')
  await mkdir(origin)
  await cp(join(projectRoot, '.gitignore'), join(origin, '.gitignore'))
  await cp(join(projectRoot, 'recipes'), join(origin, 'recipes'), {
    recursive: true,
    filter: path => !path.endsWith('rs-data'),
  })
  const clone = await cloned(origin)
  const found = await readdir(join(clone, 'recipes'), { recursive: true })
  return { clone, names: found.filter(name => /\.(yaml|ts)$/.test(name)).map(name => `recipes/${name}`) }
}

/** A lock of an earlier key scheme has measures of stages that have changed since. */
const isSame = (line: string): boolean =>
  /^(nothing differs|note: the (first|second) has not run since it changed: \d+ stages? ha(s|ve) no measure( yet)?)$/.test(
    line,
  )

test('every recipe is compared in a clone that has none of its data, and nothing differs', () =>
  inTempFolder(async folder => {
    const { clone, names } = await clonedRecipes(folder)
    assert.ok(names.length > 10, names.join())
    for (const name of names) {
      const notes = (await diff(clone, name)).filter(line => !isSame(line))
      for (const note of notes)
        assert.match(note, /^note: '.*' is not here; it was taken as unchanged$/, `${name}: ${note}`)
    }
  }))

testWithShared(test, 'data/eurosat', 'a recipe is compared where its data is linked in and git ignores it', () =>
  inTempFolder(async folder => {
    const { clone } = await clonedRecipes(folder)
    await symlink(sharedPath('data'), join(clone, 'recipes/rs-data'))
    const [first = '', ...notes] = await diff(clone, 'recipes/rsicd_laptop.yaml')
    assert.ok(isSame(first), first)
    assert.ok(
      notes.some(note => /^note: git has no '.*eurosat'; it was taken as it is now$/.test(note)),
      notes.join('\n'),
    )
  }),
)

const recipe = `name: photos
sources:
  photos: { kind: folder, path: photos, split: folders }
  places: { kind: landmarks, table: places.geojson, imagery: blue-marble, ground_sizes: [300km], captions: { kind: grammar } }
filters:
  tidy: { kind: rules, from: photos.test }
`

const table = '{"type":"FeatureCollection","features":[]}'

test('ignored files in a folder, links and pointers of Git LFS are no difference; other content is one', () =>
  inTempFolder(async folder => {
    const origin = join(folder, 'origin')
    const pointer = (content: string) =>
      `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(content)}\nsize ${content.length}\n`
    await put(origin, {
      'photos.yaml': recipe,
      '.gitignore': '*.png\n',
      'photos/README.md': 'kept',
      'photos/test/lake/a.jpg': pointer('large'),
      'kept.geojson': table,
    })
    await symlink('kept.geojson', join(origin, 'places.geojson'))
    const clone = await cloned(origin)
    await put(clone, { 'photos/train/lake/b.png': 'ignored', 'photos/test/lake/a.jpg': 'large' })
    assert.equal(await diff(clone, 'photos.yaml'), [
      'nothing differs',
      "note: git has no 'photos'; it was taken as it is now",
      "note: git has no 'places.geojson'; it was taken as it is now",
    ])
    await writeFile(join(clone, 'photos/test/lake/a.jpg'), 'other')
    assert.match((await diff(clone, 'photos.yaml')).join('\n'), /photos +file photos has changed/)
    await rm(join(clone, 'photos'), { recursive: true })
    await writeFile(join(clone, 'photos.yaml'), recipe.replace('photos.test', 'photos.train'))
    const gone = (await diff(clone, 'photos.yaml')).join('\n')
    assert.match(gone, /tidy +input data photos \(test\) -> photos \(train\)/)
    assert.match(gone, "note: 'photos' is not here; it was taken as unchanged")
  }))

test.run()
