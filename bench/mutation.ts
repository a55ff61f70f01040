/**
 * Mutation run: changes compiled modules in one place at a time and reports the share of changes (mutants) that tests
 * notice. `mutation.js [--only PATH]... [--tests PATH] [--sample N] [--seed TEXT] [--slowest SECONDS] [--json]`
 *
 * `--only` takes folders or files of sources, such as `runtime/train/adamw.ts`, `--tests` a folder or file of tests;
 * `--sample` takes N mutants of each folder, chosen by `--seed`. A mutant runs in a copy of dist, with the test files that
 * import its module and execute its place, the fastest first, up to the first failure. Test files that take longer than
 * `--slowest` are left out, and so are tests that start the command line, which is bundled: the share is that of unit
 * tests.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { sha256 } from '../dsl/compile/keys.ts'
import { type Mutant, mutantsOf } from './mutants.ts'

const targets = ['runtime/train', 'runtime/distill', 'runtime/evaluate', 'dsl/compile']
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: targets },
    tests: { type: 'string', default: 'test' },
    sample: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    slowest: { type: 'string', default: '6' },
    json: { type: 'boolean', default: false },
  },
})
const root = resolve(import.meta.dirname, '../..')
const work = mkdtempSync(join(tmpdir(), 'mutation-'))
const copy = join(work, 'project')
const dist = join(copy, 'dist')
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
cpSync(join(root, 'dist'), dist, { recursive: true })
for (const name of readdirSync(root)) if (name !== 'dist') symlinkSync(join(root, name), join(copy, name))
symlinkSync(join(root, '../shared'), join(work, 'shared'))
const read = (file: string): string => readFileSync(join(dist, file), 'utf8')

/** Modules that are left out by what stands in them: mutants may leave processes or threads behind, or say nothing. */
const leftOut: readonly (readonly [RegExp, string])[] = [
  [/from '(node:)?worker_threads'/, 'has worker threads'],
  [/from '((node:)?child_process|execa)'/, 'starts processes'],
  [/^const schema\d+ = /m, 'is generated'],
]

type Range = { readonly startOffset: number; readonly endOffset: number; readonly count: number }
type Script = { readonly url: string; readonly functions: readonly { readonly ranges: readonly Range[] }[] }

const sourceOf = (file: string): string => `${file.slice(0, -3)}.ts`
const modules = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
  file => file.endsWith('.js') && existsSync(join(root, sourceOf(file))),
)
const importOf = /(?:from|import)\s*\(?['"](\.[^'"]+)['"]/g
const reach = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (!seen.has(file) && seen.add(file) && modules.includes(file))
    for (const [, to = ''] of read(file).matchAll(importOf)) reach(join(dirname(file), to), seen)
  return seen
}
const reasonOf = (file: string): string | undefined => leftOut.find(([sign]) => sign.test(read(file)))?.[1]
const folderOf = (file: string): string => file.split('/').slice(0, 2).join('/')
const isBelow = (file: string, path: string): boolean => `${sourceOf(file)}/`.startsWith(`${path}/`)
const chosen = modules.filter(file => values.only.some(path => isBelow(file, path)))
const mutated = chosen.filter(file => reasonOf(file) === undefined)
const folders = [...new Set(mutated.map(folderOf))]
const rank = (mutant: Mutant): string => sha256(values.seed + JSON.stringify(mutant))
const mutants = folders.flatMap(folder => {
  const all = mutated.filter(file => folderOf(file) === folder).flatMap(file => mutantsOf(file, read(file)))
  return all.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, Number(values.sample))
})

/** Tests whether a test file passes in the copy within some seconds. */
function passes(test: string, seconds: number, coverage = ''): boolean {
  const [TMPDIR, NODE_V8_COVERAGE] = [mkdtempSync(join(work, 't')), coverage]
  const env = { ...process.env, TMPDIR, TERROIR_SLOTS_FOLDER: TMPDIR, NODE_V8_COVERAGE }
  const limits = { timeout: Math.ceil(1000 * seconds), killSignal: 'SIGKILL' } as const
  const { status } = spawnSync(process.execPath, [join(dist, test)], {
    cwd: copy,
    env,
    stdio: 'ignore',
    ...limits,
  })
  rmSync(TMPDIR, { recursive: true, force: true })
  return status === 0
}

/** Tests by a run's V8 coverage whether it executes the place of a mutant: the innermost range around that counts. */
function coverageIn(folder: string): (mutant: Mutant) => boolean {
  const processes = readdirSync(folder).map(file => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  const ranges = (file: string) =>
    processes.map(({ result }: { result: readonly Script[] }) => {
      const { functions = [] } = result.find(({ url }) => url === `file://${join(dist, file)}`) ?? {}
      return functions.flatMap(({ ranges }) => ranges)
    })
  return ({ file, place }) =>
    ranges(file).some(all => {
      const around = all.filter(({ startOffset, endOffset }) => startOffset <= place && place < endOffset)
      const size = ({ startOffset, endOffset }: Range): number => endOffset - startOffset
      return (around.sort((a, b) => size(a) - size(b))[0]?.count ?? 0) > 0
    })
}

const tests = modules
  .filter(file => file.endsWith('_test.js') && isBelow(file, values.tests))
  .filter(file => mutated.some(module => reach(file).has(module)))
  .flatMap(file => {
    const [coverage, start] = [mkdtempSync(join(work, 'c')), performance.now()]
    if (passes(file, Number(values.slowest), coverage))
      return [{ file, seconds: (performance.now() - start) / 1000, covers: coverageIn(coverage) }]
    console.log(`left out, as it fails or takes longer: ${file}`)
    return []
  })
  .sort((a, b) => a.seconds - b.seconds)
if (tests.length === 0) throw new Error('No test file imports these modules and passes')

/** Runs a mutant; says where it is if it survives. */
function survivor(mutant: Mutant): string | undefined {
  const { file, start, end, text } = mutant
  const original = read(file)
  writeFileSync(join(dist, file), original.slice(0, start) + text + original.slice(end))
  const isKilled = tests.some(({ file, seconds, covers }) => covers(mutant) && !passes(file, 5 + 5 * seconds))
  writeFileSync(join(dist, file), original)
  if (isKilled) return
  const before = original.slice(0, start).split('\n')
  const found = new SourceMap(JSON.parse(read(`${file}.map`))).findEntry(before.length - 1, before.at(-1)?.length ?? 0)
  const change = `${original.slice(start, end).slice(0, 60)} -> ${text.slice(0, 60)}`.replaceAll(/\s+/g, ' ')
  const at = `${sourceOf(file)}:${'originalLine' in found ? found.originalLine + 1 : 0} ${change}`
  console.log(at)
  return at
}

const outcomes = mutants.map(mutant => ({ folder: folderOf(mutant.file), survivor: survivor(mutant) }))
const shares = folders.map(name => {
  const own = outcomes.filter(({ folder }) => folder === name)
  const killed = own.filter(({ survivor }) => survivor === undefined).length
  return [name, { mutants: own.length, killed, share: Number((killed / own.length).toFixed(3)) }] as const
})
for (const [folder, { mutants, killed, share }] of shares) console.log(`${folder}: ${killed} of ${mutants}, ${share}`)
const excluded = chosen.flatMap(file => (reasonOf(file) === undefined ? [] : [`${file}: ${reasonOf(file)}`]))
for (const line of excluded) console.log(`excluded: ${line}`)
const survivors = outcomes.flatMap(({ survivor }) => survivor ?? [])
if (values.json) console.log(JSON.stringify({ share: Object.fromEntries(shares), survivors, excluded }))
