/**
 * Mutation run: changes compiled modules in one place at a time and reports the share of changes (mutants) that tests
 * notice. `mutation.js [--only PATH]... [--sample N] [--seed TEXT] [--jobs N] [--slowest SECONDS] [--json]`
 *
 * `--only` takes folders or files of sources, such as `runtime/train/adamw.ts`; `--sample` takes N mutants of each
 * folder, chosen by `--seed`. A mutant runs in a copy of dist, with the test files that import its module and execute its
 * place, the fastest first, up to the first failure. Test files that take longer than `--slowest` are left out, and so are
 * tests that start the command line, which is bundled: the share is that of unit tests.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SyntaxKind as Kind, ts } from 'ts-morph'

const targets = ['runtime/train', 'runtime/distill', 'runtime/evaluate', 'dsl/compile']
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: targets },
    sample: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    slowest: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'dist')
const read = (file: string): string => readFileSync(join(dist, file), 'utf8')

/** Modules that are left out: their mutants may leave processes or threads behind. */
const impure = { worker_threads: 'has worker threads', child_process: 'starts processes', execa: 'starts processes' }

/** What replaces an operator or a name of a method. */
const swaps: Readonly<Record<string, string>> = {
  ...{ '+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '**': '*', '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=' },
  ...{ '<': '<=', '<=': '<', '>': '>=', '>=': '>', '===': '!==', '!==': '===', '&&': '||', '||': '&&', '??': '&&' },
  ...{
    round: 'floor',
    floor: 'ceil',
    ceil: 'floor',
    trunc: 'ceil',
    min: 'max',
    max: 'min',
    some: 'every',
    every: 'some',
  },
  ...{
    minimum: 'maximum',
    maximum: 'minimum',
    mean: 'sum',
    sum: 'mean',
    add: 'sub',
    sub: 'add',
    mul: 'div',
    div: 'mul',
  },
}
const removable = /^(filter|sort|toSorted|reverse|toReversed|slice|trim|flat|toLowerCase)$/
const messages = /^(message|hint|otherwise|description|what)$/

interface Mutant {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Fallbacks that only `noUncheckedIndexedAccess` asks for, and texts of messages: no test can or should notice these. */
function isExempt(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isThrowStatement(parent) || ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true
  if (ts.isNewExpression(node) && node.expression.getText().endsWith('Error')) return true
  if (ts.isPropertyAssignment(parent) && (node === parent.name || messages.test(parent.name.getText()))) return true
  if (ts.isBindingElement(parent) && ts.isArrayBindingPattern(parent.parent)) return node === parent.initializer
  const isFallback = ts.isBinaryExpression(parent) && parent.operatorToken.kind === Kind.QuestionQuestionToken
  return isFallback && node === parent.right && ts.isElementAccessExpression(parent.left)
}

/** Every mutant of a module. */
function mutantsOf(file: string): readonly Mutant[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.ES2023, true)
  const mutants: Mutant[] = []
  const put = (node: ts.Node, ...texts: readonly string[]): void => {
    for (const text of texts) mutants.push({ file, start: node.getStart(), end: node.end, text })
  }
  const isText = (node: ts.Node): boolean => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)
  const isEquality = (node: ts.Node): boolean =>
    ts.isBinaryExpression(node) && /^[!=]==$/.test(node.operatorToken.getText())
  const negate = (node: ts.Node): void => {
    const isNegation = ts.isPrefixUnaryExpression(node) && node.operator === Kind.ExclamationToken
    if (!isEquality(node) && !isNegation) put(node, `!(${node.getText()})`)
  }
  const visit = (node: ts.Node): void => {
    if (node !== source && isExempt(node)) return
    const text = node.getText()
    if (ts.isBinaryExpression(node)) {
      const swap = swaps[node.operatorToken.getText()]
      if (swap !== undefined && !isText(node.left) && !isText(node.right)) put(node.operatorToken, swap)
    } else if (ts.isPrefixUnaryExpression(node) && /^[!-]/.test(text)) put(node, node.operand.getText())
    else if (ts.isNumericLiteral(node))
      put(
        node,
        ...(text === '0' ? ['1'] : text === '1' ? ['0', '2'] : [`(${text} + 1)`, `(${text} * 2)`, `(${text} / 2)`]),
      )
    else if (text === 'true' || text === 'false') put(node, text === 'true' ? 'false' : 'true')
    else if (isText(node) && text.length > 2 && !/\s/.test(text)) put(node, "''")
    else if (ts.isIfStatement(node) || ts.isConditionalExpression(node))
      negate(ts.isIfStatement(node) ? node.expression : node.condition)
    else if (ts.isThrowStatement(node) || ts.isContinueStatement(node) || ts.isBreakStatement(node)) put(node, ';')
    else if (ts.isExpressionStatement(node) && !/^(super|console)\b/.test(text) && !isText(node.expression))
      put(node, ';')
    else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: receiver, name } = node.expression
      const isLibrary = /^(tf|Math)$/.test(receiver.getText())
      const swap = swaps[name.text]
      if (swap !== undefined && (isLibrary || /some|every/.test(name.text))) put(name, swap)
      else if (removable.test(name.text) && !ts.isExpressionStatement(node.parent)) put(node, receiver.getText())
      else if (isLibrary && node.arguments.length === 1) put(node, `(${node.arguments[0]?.getText()})`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return mutants
}

const modules = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  .filter(file => /(?<!\/main)\.js$/.test(file))
  .sort()
const imports = new Map(
  modules.map(file => [
    file,
    [...read(file).matchAll(/(?:from|import)\s*\(?['"](\.[^'"]+)['"]/g)].map(([, to = '']) => join(dirname(file), to)),
  ]),
)
const reach = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (!seen.has(file)) for (const to of imports.get(seen.add(file) && file) ?? []) reach(to, seen)
  return seen
}

const reasonOf = (file: string): string | undefined =>
  Object.entries(impure).find(([name]) => new RegExp(`from '(?:node:)?${name}'`).test(read(file)))?.[1]
const wanted = (file: string): boolean => values.only.some(path => `${file.slice(0, -3)}.ts/`.startsWith(`${path}/`))
const digest = (...parts: readonly unknown[]): string => createHash('sha256').update(parts.join()).digest('hex')
const folderOf = (file: string): string => file.split('/').slice(0, 2).join('/')

const chosen = modules.filter(file => wanted(file))
const excluded = chosen.flatMap(file => (reasonOf(file) === undefined ? [] : [`${file}: ${reasonOf(file)}`]))
const mutated = chosen.filter(file => reasonOf(file) === undefined)
const folders = [...new Set(mutated.map(folderOf))]
const mutants = folders.flatMap(folder => {
  const rank = ({ file, start, text }: Mutant): string => digest(values.seed, file, start, text)
  const all = mutated.filter(file => folderOf(file) === folder).flatMap(mutantsOf)
  return all.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, Number(values.sample))
})

const work = mkdtempSync(join(tmpdir(), 'mutation-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

/** Runs a test in a copy of the project; tells the seconds that it took, or that it failed. */
function runTest(copy: string, test: string, { seconds, coverage = '' }: { seconds: number; coverage?: string }) {
  const temporary = mkdtempSync(join(work, 't'))
  const env = { ...process.env, TMPDIR: temporary, TERROIR_SLOTS_FOLDER: temporary, NODE_V8_COVERAGE: coverage }
  const start = performance.now()
  const child = spawn(process.execPath, [join(copy, 'dist', test)], { cwd: copy, env, stdio: 'ignore', detached: true })
  const timer = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), seconds * 1000)
  return new Promise<number | undefined>(done =>
    child.on('exit', code => {
      clearTimeout(timer)
      rmSync(temporary, { recursive: true, force: true })
      done(code === 0 ? (performance.now() - start) / 1000 : undefined)
    }),
  )
}

/** Does the tasks, each in one of the copies of the project. */
async function inCopies<Task>(tasks: readonly Task[], run: (copy: string, task: Task) => Promise<void>): Promise<void> {
  const queue = [...tasks]
  const lane = async (_: unknown, lane: number): Promise<void> => {
    const copy = join(work, String(lane), 'project')
    if (mkdirSync(copy, { recursive: true }) !== undefined) {
      for (const name of readdirSync(root)) if (name !== 'dist') symlinkSync(join(root, name), join(copy, name))
      cpSync(dist, join(copy, 'dist'), { recursive: true })
      symlinkSync(join(root, '../shared'), join(copy, '../shared'))
    }
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await run(copy, task)
  }
  await Promise.all(Array.from({ length: Number(values.jobs) }, lane))
}

/** A test file that passes, the seconds that it takes, and tests of whether it executes the place of a mutant. */
interface Test {
  readonly file: string
  readonly seconds: number
  readonly covers: (mutant: Mutant) => boolean
}

interface Coverage {
  readonly url: string
  readonly functions: readonly {
    readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[]
  }[]
}

/** What processes executed: at each place the count of the innermost range that holds it. */
function coverageIn(folder: string, copy: string): Test['covers'] {
  const scripts = readdirSync(folder).flatMap(
    file => JSON.parse(readFileSync(join(folder, file), 'utf8')).result as Coverage[],
  )
  return ({ file, start }) =>
    scripts.some(({ url, functions }) => {
      if (url !== `file://${join(copy, 'dist', file)}`) return false
      const around = functions.flatMap(({ ranges }) =>
        ranges.filter(of => of.startOffset <= start && start < of.endOffset),
      )
      const size = (of: { startOffset: number; endOffset: number }): number => of.endOffset - of.startOffset
      return (around.sort((a, b) => size(a) - size(b))[0]?.count ?? 0) > 0
    })
}

const tests: Test[] = []
const importers = modules.filter(file => file.endsWith('_test.js') && mutated.some(module => reach(file).has(module)))
await inCopies(importers, async (copy, file) => {
  const coverage = mkdtempSync(join(work, 'c'))
  const seconds = await runTest(copy, file, { seconds: Number(values.slowest), coverage })
  if (seconds === undefined) console.log(`left out, as it fails or takes too long: ${file}`)
  else tests.push({ file, seconds, covers: coverageIn(coverage, copy) })
})
tests.sort((a, b) => a.seconds - b.seconds)

const survivors = new Map<Mutant, string>()
await inCopies(mutants, async (copy, mutant) => {
  const { file, start, end, text } = mutant
  const [path, original] = [join(copy, 'dist', file), read(file)]
  writeFileSync(path, original.slice(0, start) + text + original.slice(end))
  let isKilled = false
  for (const test of tests.filter(({ covers }) => covers(mutant)))
    isKilled ||= (await runTest(copy, test.file, { seconds: 5 + 5 * test.seconds })) === undefined
  writeFileSync(path, original)
  if (isKilled) return
  const before = original.slice(0, start).split('\n')
  const map = new SourceMap(JSON.parse(read(`${file}.map`)))
  const entry = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0)
  const line = 'originalLine' in entry ? entry.originalLine + 1 : 0
  const change = `${original.slice(start, end).slice(0, 60)} -> ${text.slice(0, 60)}`.replaceAll(/\s+/g, ' ')
  survivors.set(mutant, `${file.slice(0, -3)}.ts:${line} ${change}`)
  console.log(survivors.get(mutant))
})

const shares = folders.map(folder => {
  const own = mutants.filter(({ file }) => folderOf(file) === folder)
  const killed = own.filter(mutant => !survivors.has(mutant)).length
  return [folder, { mutants: own.length, killed, share: Math.round((1000 * killed) / own.length) / 1000 }] as const
})
for (const [folder, { mutants, killed, share }] of shares) console.log(`${folder}: ${killed} of ${mutants}, ${share}`)
for (const line of excluded) console.log(`excluded: ${line}`)
if (values.json)
  console.log(
    JSON.stringify({ share: Object.fromEntries(shares), survivors: [...survivors.values()].sort(), excluded }),
  )
