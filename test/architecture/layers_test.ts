import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { projectRoot } from '../support.ts'

/** The layers, highest first: a file imports from its own layer and from lower ones. */
const layers = [
  'runtime/cli/',
  'runtime/app/',
  'runtime/report/',
  'runtime/schedule/',
  'runtime/kinds/',
  'runtime/evaluate/',
  'runtime/distill/',
  'runtime/train/',
  'runtime/model/',
  'runtime/data/',
  'runtime/engine/',
  'runtime/git/',
  'runtime/store/',
  'dsl/generate/',
  'dsl/print/',
  'dsl/compile/',
  'dsl/check/',
  'dsl/schema/',
  'dsl/mod.ts',
  'dsl/builder_values.ts',
  'dsl/recipe.ts',
  'dsl/kinds/',
  'dsl/cost/',
  'dsl/recipe/',
  'dsl/read/',
  'dsl/diagnostics/',
  'dsl/values/',
] as const

interface Source {
  readonly path: string
  readonly text: string
  /** Paths of the project's files it imports. */
  readonly imports: readonly string[]
}

function sources(folder: string): readonly Source[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map(file => {
      const path = join(folder, file)
      const text = readFileSync(join(projectRoot, path), 'utf8')
      const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(match => match[1] ?? '')
      const imports = specifiers.map(specifier => relative(projectRoot, resolve(projectRoot, dirname(path), specifier)))
      return { path: path.split(sep).join('/'), text, imports: imports.map(file => file.split(sep).join('/')) }
    })
}

const layerOf = (path: string): number => layers.findIndex(layer => path.startsWith(layer))
const all = [...sources('dsl'), ...sources('runtime')]

test('imports point one way, from the command line down to the values of the language', () => {
  assert.ok(all.length > 100, 'the sources were found')
  const wrong = all.flatMap(({ path, imports }) =>
    imports.filter(file => layerOf(file) < layerOf(path)).map(file => `${path} imports ${file}`),
  )
  assert.equal(wrong, [])
})

test('every file is in a layer', () => {
  assert.equal(
    all.filter(({ path }) => layerOf(path) === -1).map(({ path }) => path),
    [],
  )
})

test('imports make no cycle', () => {
  const graph = new Map(all.map(({ path, imports }) => [path, imports]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' > '))
    else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
      done.add(path)
    }
  }
  for (const path of graph.keys()) visit(path, [])
  assert.equal(cycles, [])
})

/** Packages that a file loads as soon as it is loaded, by itself or by what it imports. */
function loadedPackages(path: string, seen = new Set<string>()): ReadonlySet<string> {
  const source = all.find(one => one.path === path)
  if (source === undefined || seen.has(path)) return new Set()
  seen.add(path)
  const atOnce = [...source.text.matchAll(/^(?:import|export) (?!type )(?:[^;']*? from )?'([^']+)'/gm)]
  const specifiers = atOnce.map(match => match[1] ?? '').filter(specifier => !specifier.startsWith('node:'))
  const files = specifiers.filter(specifier => specifier.startsWith('.'))
  const below = files.flatMap(file => [...loadedPackages(join(dirname(path), file).split(sep).join('/'), seen)])
  return new Set([...specifiers.filter(specifier => !specifier.startsWith('.')), ...below])
}

test('commands that find everything done load no engine, no image library and no compiler', () => {
  const commands = ['main', 'check', 'plan', 'explain', 'run', 'print'].map(name => `runtime/cli/${name}.ts`)
  for (const path of [...commands, 'runtime/app/environment.ts'])
    for (const name of loadedPackages(path)) assert.ok(['commander', 'yaml'].includes(name), `${path} loads ${name}`)
  assert.ok(loadedPackages('runtime/report/mod.ts').has('sharp'), 'what is loaded is seen')
})

test('the entry of the package loads no package', () => {
  assert.equal([...loadedPackages('runtime/app/mod.ts')], [])
})

/** Lower layers whose functions the command line calls: they print. Of all others it takes types alone. */
const printing = [
  'dsl/compile/fold_parts.ts',
  'dsl/compile/plan.ts',
  'dsl/diagnostics/',
  'dsl/print/',
  'dsl/schema/schema_node.ts',
  'dsl/values/',
  'runtime/app/',
  'runtime/cli/',
  'runtime/report/numbers.ts',
  'runtime/report/table.ts',
  'runtime/report/table_formats.ts',
]
/** Lists of names, and small facts of this machine and of this work tree. */
const facts = ['runtime/git/git.ts', 'runtime/kinds/context.ts', 'runtime/store/files.ts', 'runtime/store/process.ts']

/** Paths of the project's files of which a file imports more than types. */
function valueImports({ path, text }: Source): readonly string[] {
  const imports = [...text.matchAll(/(?:^import (?!type )([^;']*?) from |import\()'(\.[^']+)'/gm)]
  const isOfTypes = (names = ''): boolean =>
    names !== '' &&
    names
      .replaceAll(/[{}]/g, '')
      .split(',')
      .every(name => /^\s*(?:type\s|$)/.test(name))
  return imports
    .filter(match => !isOfTypes(match[1]))
    .map(match =>
      join(dirname(path), match[2] ?? '')
        .split(sep)
        .join('/'),
    )
}

test('the command line calls the application, and prints', () => {
  const files = all.filter(({ path }) => path.startsWith('runtime/cli/'))
  assert.ok(
    files.some(file => valueImports(file).includes('runtime/app/check.ts')),
    'imports were found',
  )
  const wrong = files.flatMap(file =>
    valueImports(file)
      .filter(path => ![...printing, ...facts].some(start => path.startsWith(start)))
      .map(path => `${file.path} imports ${path}`),
  )
  assert.equal(wrong, [])
})

test('what is not of the command line does not import it', () => {
  const others = [...sources('bench'), ...sources('test')].filter(({ path }) => !path.startsWith('test/cli/'))
  assert.ok(others.length > 100, 'the sources were found')
  const wrong = others.filter(({ imports }) => imports.some(path => path.startsWith('runtime/cli/')))
  assert.equal(
    wrong.map(({ path }) => path),
    [],
  )
})

test('no file is above 400 lines, but for what is generated', () => {
  const generated = ['dsl/schema/validate_recipe.ts']
  const long = all.filter(({ path, text }) => text.split('\n').length > 401 && !generated.includes(path))
  assert.equal(
    long.map(({ path }) => path),
    [],
  )
})

test.run()
