/**
 * Golden command-line cases: `test/specs/AREA/CASE/` holds input files, `args.json` (arguments and exit code),
 * `stdout.txt` and `stderr.txt` (absent: nothing), and `after/` with files as the command leaves them.
 *
 * A file of `test/dsl/fixtures/specs` that a recipe of the case names and that the case does not bring is put beside it.
 *
 * `UPDATE_SPECS=1` writes what the commands print now; read the difference before committing it. `SPECS=AREA/CASE` runs
 * the cases whose path holds that text.
 */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTempFolder, projectRoot } from '../support.ts'

const specs = join(projectRoot, 'test/specs')
const cli = join(projectRoot, 'dist/runtime/cli/main.js')
const shared = join(projectRoot, 'test/dsl/fixtures/specs')
const isUpdating = Boolean(process.env.UPDATE_SPECS)
const notInput = new Set(['args.json', 'stdout.txt', 'stderr.txt', 'after'])

interface Case {
  readonly name: string
  readonly home: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly code: number
}

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Texts of the files that the case looks at afterwards. */
  readonly after: { readonly [file: string]: string }
}

const cases: readonly Case[] = readdirSync(specs).flatMap(area =>
  readdirSync(join(specs, area)).map(name => {
    const home = join(specs, area, name)
    return { name: `${area}: ${name}`, home, ...JSON.parse(readFileSync(join(home, 'args.json'), 'utf8')) }
  }),
)

const filesAfter = ({ home }: Case): readonly string[] =>
  existsSync(join(home, 'after')) ? readdirSync(join(home, 'after')) : []

/** Names of the shared files that the case needs. */
function sharedFiles({ home }: Case): readonly string[] {
  const own = readdirSync(home)
  const recipes = own.filter(file => /\.(yaml|ts)$/.test(file)).map(file => readFileSync(join(home, file), 'utf8'))
  return readdirSync(shared).filter(file => !own.includes(file) && recipes.some(text => text.includes(file)))
}

/** Runs the command line in a copy of the case's folder. */
const runCase = (spec: Case): Promise<Outcome> =>
  inTempFolder(async folder => {
    for (const file of readdirSync(spec.home))
      if (!notInput.has(file)) cpSync(join(spec.home, file), join(folder, file), { recursive: true })
    for (const file of sharedFiles(spec)) cpSync(join(shared, file), join(folder, file))
    const env = { ...process.env, NO_COLOR: '1', TERROIR_STORE: '', ...spec.env }
    const outcome = await new Promise<Pick<Outcome, 'code' | 'stdout' | 'stderr'>>(resolve => {
      const child = execFile(process.execPath, [cli, ...spec.args], { cwd: folder, env }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout: steady(stdout, folder), stderr: steady(stderr, folder) }),
      )
    })
    const after = filesAfter(spec).map(file => [file, readFileSync(join(folder, file), 'utf8')])
    return { ...outcome, after: Object.fromEntries(after) }
  })

/** Without what changes when a stage, a dependency or the place of the test does. */
function steady(text: string, folder: string): string {
  return text
    .replaceAll(folder, 'FOLDER')
    .replaceAll(projectRoot, 'PROJECT')
    .replaceAll(/@[0-9]+\.[0-9]+\.[0-9]+\//g, '@VERSION/')
    .replaceAll(/(\(.*, version |"version": )[0-9]+/g, '$1N')
    .replaceAll(/logs\/[0-9]{8}T[0-9]{6}-[0-9]+-[0-9a-f]{4}\//g, 'logs/RUN/')
    .replaceAll(/"memory": [0-9]+/g, '"memory": BYTES')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'KEY')
    .replaceAll(/\b[0-9a-f]{8}\b/g, 'KEY'.padEnd(8))
}

function update({ home }: Case, { stdout, stderr, after }: Outcome): void {
  for (const [file, text] of Object.entries({ 'stdout.txt': stdout, 'stderr.txt': stderr }))
    if (text === '') rmSync(join(home, file), { force: true })
    else writeFileSync(join(home, file), text)
  for (const [file, text] of Object.entries(after)) writeFileSync(join(home, 'after', file), text)
}

function compare(spec: Case, { code, stdout, stderr, after }: Outcome): void {
  const golden = (file: string): string => {
    const path = join(spec.home, file)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
  assert.is(stderr, golden('stderr.txt'))
  assert.is(stdout, golden('stdout.txt'))
  assert.is(code, spec.code)
  for (const [file, text] of Object.entries(after)) assert.is(text, golden(join('after', file)))
}

const waiting = cases.filter(({ home }) => home.includes(process.env.SPECS ?? ''))
const outcomes = new Map<Case, Outcome>()
async function lane(): Promise<void> {
  for (let spec = waiting.shift(); spec; spec = waiting.shift()) outcomes.set(spec, await runCase(spec))
}
await Promise.all(Array.from({ length: availableParallelism() }, lane))

for (const [spec, outcome] of outcomes)
  test(spec.name, () => {
    if (isUpdating) update(spec, outcome)
    compare(spec, outcome)
  })

test.run()
