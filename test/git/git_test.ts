import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { lockOf } from '../../dsl/compile/lock.ts'
import { printLock } from '../../dsl/compile/lock_text.ts'
import { loadPlan } from '../../runtime/app/recipe.ts'
import { inTempFolder, projectRoot } from '../support.ts'

const recipe = (await readFile(join(projectRoot, 'test/specs/plan/table/recipe.yaml'), 'utf8')).replace(
  'at_least: 5',
  'at_least: 0.4',
)

type Run = (
  program: string,
  ...args: readonly string[]
) => Promise<{ exitCode?: number; stdout: string; stderr: string }>

interface Repository {
  readonly folder: string
  /** Runs a program in the repository, `terroir` on its PATH. */
  readonly run: Run
  /** Writes the recipe and its lock as if it had run, each metric as `value` says, and commits both. */
  readonly commit: (text: string, value?: (stage: string) => number) => Promise<void>
}

/** A repository with a recipe and its lock, in a folder `r` of it. */
const inRepository = (body: (repository: Repository) => Promise<void>) => () =>
  inTempFolder(async folder => {
    const bin = join(folder, 'bin')
    const root = join(folder, 'work')
    await mkdir(bin)
    await mkdir(join(root, 'r'), { recursive: true })
    await symlink(join(projectRoot, 'dist/runtime/cli/main.js'), join(bin, 'terroir'))
    const env = {
      ...{ PATH: `${bin}:${process.env.PATH}`, NO_COLOR: '1', TERROIR_STORE: '' },
      ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_PAGER: 'cat' },
    }
    const run: Run = (program, ...args) => execa(program, args, { cwd: root, reject: false, env })
    await run('git', 'init', '-q', '-b', 'main')
    await run('git', 'config', 'user.email', 'somebody@example.org')
    await run('git', 'config', 'user.name', 'Somebody')
    await cp(join(projectRoot, 'test/dsl/fixtures/specs/places.geojson'), join(root, 'r/places.geojson'))
    const commit: Repository['commit'] = async (text, value = () => 0.5) => {
      const path = join(root, 'r/recipe.yaml')
      await writeFile(path, text)
      const { plan } = await loadPlan(path)
      const outputs = plan.stages.map(({ id, key }) => {
        const metrics = { mean_recall: value(id) }
        return [id, { digest: `result of ${key} ${value(id)}`, metrics }] as const
      })
      await writeFile(join(root, 'r/recipe.lock'), printLock(lockOf(plan, new Map(outputs))))
      await run('git', 'add', '-A')
      await run('git', 'commit', '-qm', 'A state')
    }
    await commit(recipe)
    await body({ folder: root, run, commit })
  })

const lockText = ({ folder }: Repository) => readFile(join(folder, 'r/recipe.lock'), 'utf8')

test(
  'diff of a revision says parameters, stages, metrics and claims, and reads nothing of the work tree',
  inRepository(async repository => {
    await repository.commit(recipe.replace('learning_rate: 0.0003', 'learning_rate: 0.00015'), id =>
      id === 'retrieval' ? 0.25 : 0.5,
    )
    await writeFile(join(repository.folder, 'r/places.geojson'), 'changed, and not committed')
    const { stdout, exitCode } = await repository.run('terroir', 'diff', 'HEAD~1', 'HEAD', 'r/recipe.yaml')
    assert.is(exitCode, 0)
    assert.equal(stdout.split('\n'), [
      'HEAD~1:r/recipe.yaml -> HEAD:r/recipe.yaml',
      '~ distill.localise.learning_rate  0.0003 -> 0.00015  (x0.5)',
      '',
      'Runs again: 4 of 18 stages',
      '  localise.1  learning_rate 0.0003 -> 0.00015',
      '  localise.2  learning_rate 0.0003 -> 0.00015; through localise.1, localise.2.labels',
      '  and what is made from them: localise.2.labels, water',
      '',
      'Metrics',
      '  retrieval.mean_recall  0.50 -> 0.25  (−0.25, −50.0 %)  claimed by learns',
      '',
      'Claims',
      '  learns  held -> not held  0.50 -> 0.25  expected at least 0.40  a first guess',
    ])
  }),
)

test(
  'diff of one recipe compares it with the last commit; what has not run since is no measure',
  inRepository(async ({ folder, run }) => {
    await writeFile(join(folder, 'r/recipe.yaml'), recipe.replace('threshold: 0.5', 'threshold: 0.6'))
    const { stdout } = await run('terroir', 'diff', 'r/recipe.yaml')
    assert.match(stdout, '~ filters.overhead.threshold  0.5 -> 0.6  (+0.1)')
    assert.match(stdout, 'not measured yet: learns')
    assert.match(stdout, /note: the second has not run since it changed: \d+ stages have no measure yet/)
    assert.is((await run('terroir', 'diff', 'r/recipe.yaml', '--exit-code')).exitCode, 1)
    assert.match((await run('terroir', 'diff', 'HEAD:r/recipe.yaml', 'HEAD:./r/recipe.yaml')).stdout, 'nothing differs')
  }),
)

test(
  'a revision has its own bases, imports and tables',
  inRepository(async ({ folder, run }) => {
    const child = join(folder, 'r/child.yaml')
    const typed = (size: number) => `export const size = ${size}\n`
    const typedRecipe = await readFile(join(projectRoot, 'test/specs/typescript/plan/recipe.ts'), 'utf8')
    await cp(join(projectRoot, 'test/specs/typescript/plan/photos'), join(folder, 'photos'), { recursive: true })
    await writeFile(child, 'extends: recipe.yaml\nname: child\nseed: 2\n')
    await writeFile(join(folder, 'sizes.ts'), typed(32))
    const imported = `import { size } from './sizes.ts'\n${typedRecipe.replace('width: 32', 'width: size')}`
    await writeFile(join(folder, 'typed.ts'), imported)
    await run('git', 'add', '-A')
    await run('git', 'commit', '-qm', 'More recipes')
    await writeFile(join(folder, 'r/recipe.yaml'), recipe.replace('tile: 80', 'tile: 64'))
    await writeFile(join(folder, 'r/places.geojson'), '{"type": "FeatureCollection", "features": []}')
    await writeFile(join(folder, 'sizes.ts'), typed(64))
    const extended = await run('terroir', 'diff', 'r/child.yaml')
    assert.match(extended.stdout, '~ params.tile  80 -> 64  (-16, x0.8)  in sources.places.tile_size')
    assert.match(extended.stdout, /web +file places\.geojson has changed/)
    const [first] = (await run('terroir', 'diff', 'typed.ts')).stdout.split('\n').slice(1)
    assert.match(first ?? '', /models\.small\.vision\.width +32 -> 64 +\(\+32, x2\)/)
  }),
)

test(
  'what git does not keep is taken as it is, and told; a missing revision is named',
  inRepository(async ({ folder, run }) => {
    await run('git', 'rm', '-q', '--cached', 'r/places.geojson')
    await run('git', 'commit', '-qm', 'The table is kept elsewhere')
    assert.match((await run('terroir', 'diff', 'r/recipe.yaml')).stdout, "note: git has no 'r/places.geojson'")
    const missing = await run('terroir', 'diff', 'nowhere', 'r/recipe.yaml')
    assert.is(missing.exitCode, 1)
    assert.is(missing.stderr, "error: git knows no revision 'nowhere'")
    await writeFile(join(folder, 'new.yaml'), recipe)
    const absent = await run('terroir', 'diff', 'new.yaml')
    assert.is(absent.exitCode, 2)
    assert.match(absent.stderr, "There is no file 'HEAD:new.yaml'")
  }),
)

test(
  'git-setup is idempotent, keeps what others wrote, and undoes what it did',
  inRepository(async ({ folder, run }) => {
    const attributes = join(folder, '.gitattributes')
    await writeFile(attributes, '*.jpg binary')
    assert.match((await run('terroir', 'git-setup', '--dry-run')).stdout, 'nothing was written')
    assert.is(await readFile(attributes, 'utf8'), '*.jpg binary')
    const first = await run('terroir', 'git-setup')
    assert.is(first.exitCode, 0, first.stderr)
    const written = await readFile(attributes, 'utf8')
    assert.match(written, /^\*\.jpg binary\n# terroir: .*\n\/r\/\*\.yaml diff=terroir\n/)
    await run('terroir', 'git-setup')
    assert.is(await readFile(attributes, 'utf8'), written)
    const config = () => run('git', 'config', '--get-regexp', 'terroir')
    assert.is((await config()).stdout.split('\n').length, 3)
    await run('terroir', 'git-setup', '--undo')
    assert.is(await readFile(attributes, 'utf8'), '*.jpg binary\n')
    assert.is((await config()).stdout, '')
  }),
)

test(
  'git diff shows what recipe and lock mean',
  inRepository(async repository => {
    const { run, commit } = repository
    await run('terroir', 'git-setup')
    await commit(`# of another layout\n${recipe.replace('samples: 2k', 'samples: 2000')}`)
    assert.is((await run('git', 'diff', 'HEAD~1', '--', 'r/recipe.yaml')).stdout, '')
    await commit(recipe.replace('at_least: 0.4', 'at_least: 0.6').replace('  tile: 80', '  tile: 64'))
    const { stdout } = await run('git', 'diff', '-U0', 'HEAD~1')
    const changed = stdout.split('\n').filter(line => /^[+-][^+-]/.test(line))
    assert.ok(changed.includes('-sources.places.tile_size: 80'), stdout)
    assert.ok(changed.includes('+claim learns: not held, 0.50 (retrieval.mean_recall, at least 0.60)'), stdout)
  }),
)

/** Changes the recipe on two branches, and merges the second into the first. */
async function merge(repository: Repository, ours: string, theirs: string) {
  const { run, commit } = repository
  await run('terroir', 'git-setup')
  await run('git', 'add', '-A')
  await run('git', 'commit', '-qm', 'Set git up')
  await run('git', 'checkout', '-qb', 'theirs')
  await commit(theirs)
  await run('git', 'checkout', '-q', 'main')
  await commit(ours)
  return run('git', 'merge', 'theirs')
}

test(
  'branches that changed different stages merge without a conflict, into the lock of the merged recipe',
  inRepository(async repository => {
    const ours = recipe.replace(
      '[open water]\n        against: [dry land]\n\nclaims',
      '[a lake]\n        against: [dry land]\n\nclaims',
    )
    const theirs = recipe.replace("['a satellite image of a {}']", "['an aerial view of a {}']")
    const { exitCode, stdout, stderr } = await merge(repository, ours, theirs)
    assert.is(exitCode, 0, stdout + stderr)
    const check = await repository.run('terroir', 'lock', 'r/recipe.yaml', '--check')
    assert.is(check.exitCode, 0, check.stdout + check.stderr)
    const merged = await lockText(repository)
    const settled = await repository.run('terroir', 'lock', 'r/recipe.yaml')
    assert.is(settled.stdout, 'recipe.lock is up to date')
    assert.is(await lockText(repository), merged)
  }),
)

test(
  'a stage that both branches changed is a conflict of that stage, which lock settles',
  inRepository(async repository => {
    const { folder, run } = repository
    const to = (template: string) => recipe.replace('a satellite image of a {}', template)
    const { exitCode } = await merge(repository, to('a photo of a {}'), to('a view of a {}'))
    assert.is(exitCode, 1)
    const text = await lockText(repository)
    assert.is(text.split('<<<<<<<').length - 1, 2, 'the stage and the digest of the recipe')
    assert.match(text, /<<<<<<< ours\n {2}"stage kinds input:data"/)
    assert.match(text, />>>>>>> theirs\n {2}"stage localise\.1 /)
    await writeFile(join(folder, 'r/recipe.yaml'), to('a view of a {}'))
    const check = await run('terroir', 'lock', 'r/recipe.yaml', '--check')
    assert.is(check.exitCode, 1)
    assert.match(check.stderr, 'holds a conflict that git left')
    const settled = await run('terroir', 'lock', 'r/recipe.yaml')
    assert.is(settled.exitCode, 0, settled.stderr)
    assert.is((await run('terroir', 'lock', 'r/recipe.yaml', '--check')).exitCode, 0)
  }),
)

test(
  'a lock that is not of the recipe is told by what changed, stage by stage',
  inRepository(async ({ folder, run }) => {
    await writeFile(join(folder, 'r/recipe.yaml'), recipe.replace('threshold: 0.5', 'threshold: 0.6'))
    const { exitCode, stdout, stderr } = await run('terroir', 'lock', 'r/recipe.yaml', '--check')
    assert.is(exitCode, 1)
    assert.match(stdout, /overhead +parameter threshold +0\.5 +0\.6$/m)
    assert.match(stderr, "error: 'recipe.lock' is not what the recipe compiles to")
    const missing = await run('terroir', 'lock', 'r/recipe.yaml')
    assert.is(missing.exitCode, 1)
    assert.match(missing.stderr, /error: \d+ stages have no result yet: overhead, clean, /)
    const locked = await run('terroir', 'run', 'r/recipe.yaml', '--locked')
    assert.is(locked.exitCode, 1)
    assert.match(locked.stderr, 'so nothing was run')
  }),
)

test(
  'git finds the program by its place where it is not on the PATH',
  inRepository(async ({ folder, run }) => {
    const without = `PATH=${process.env.PATH}`
    const program = join(projectRoot, 'dist/runtime/cli/main.js')
    assert.is((await run('env', without, process.execPath, program, 'git-setup')).exitCode, 0)
    await writeFile(join(folder, 'r/recipe.yaml'), recipe.replace('learning_rate: 0.0003', 'learning_rate: 0.0002'))
    const { stdout } = await run('env', without, 'git', 'diff', '-U0', 'r/recipe.yaml')
    assert.match(stdout, /^\+distill\.localise\.learning_rate: 0\.0002$/m)
  }),
)

test.run()
