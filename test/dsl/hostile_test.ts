/** Recipes that mean harm or are something else: each ends as a diagnostic, in bounded time and memory. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadRecipe } from '../../dsl/compile/load.ts'
import { renderText } from '../../dsl/diagnostics/render.ts'
import { inTempFolder } from '../support.ts'
import { loadTexts, smallRecipe } from './support.ts'

/** The codes of a recipe's faults. */
async function codesOf(files: { readonly [name: string]: string }, sets: readonly string[] = []) {
  const { diagnostics } = await loadTexts(files, sets)
  return diagnostics.map(({ code }) => code)
}

const yamlCodes = (text: string) => codesOf({ 'r.yaml': text })

/** A TypeScript recipe with this description, after these statements. */
const typeScript = (description: string, before = ''): { readonly [name: string]: string } => ({
  'r.ts': `import { recipe } from 'terroir'\n${before}\nexport default recipe({ name: 'x', description: ${description} })\n`,
})

test('a recipe of 10 MB is refused unread', async () => {
  assert.equal(await yamlCodes(`${smallRecipe}# ${'x'.repeat(10_000_000)}`), ['file-too-large'])
})

test('a deep recipe is refused, in YAML and in TypeScript', async () => {
  assert.equal(await yamlCodes(`a: ${'['.repeat(20_000)}`), ['too-deep'])
  assert.equal(await yamlCodes(`a: ${'['.repeat(150)}${']'.repeat(150)}`), ['too-deep'])
  assert.equal(await yamlCodes('- '.repeat(20_000)), ['too-deep'])
  for (const [open, close] of ['[]', '()', ['{a:', '}'], ['`${', '}`'], ['- ', '']] as const)
    assert.equal(
      await codesOf(typeScript(`${(open ?? '').repeat(5000)}1${(close ?? '').repeat(5000)}`)),
      ['too-deep'],
      open,
    )
  assert.equal(await codesOf(typeScript(`1${'+1'.repeat(50_000)}`)), ['too-deep'])
})

test('values that grow by using themselves again and again are refused', async () => {
  const doubled = (first: string, twice: (name: string) => string) =>
    [`const a0 = ${first}`, ...Array.from({ length: 60 }, (_, i) => `const a${i + 1} = ${twice(`a${i}`)}`)].join('\n')
  for (const [first, twice] of [
    ["'text'", (a: string) => `\`\${${a}}\${${a}}\``],
    ["'text'", (a: string) => `${a} + ${a}`],
    ['[1]', (a: string) => `[...${a}, ...${a}]`],
    ['[1]', (a: string) => `[${a}, ${a}]`],
    ['{ b: 1 }', (a: string) => `{ b: ${a}, c: ${a} }`],
  ] as const)
    assert.equal(await codesOf(typeScript('a60', doubled(first, twice))), ['not-static'], twice('a'))
  const list = `const list = [${Array.from({ length: 2000 }, (_, i) => i).join()}]`
  assert.equal(await codesOf(typeScript('list.map(a => list)', list)), ['not-static'])
  assert.equal(await codesOf(typeScript('list.map(a => [...list])', list)), ['not-static'])
})

test('nothing of a TypeScript recipe is run', async () => {
  for (const statement of [
    'process.exit(3)',
    "await fetch('http://127.0.0.1:9')",
    'while (true) {}',
    "throw new Error('x')",
    'class A { static { process.exit(3) } }',
    'enum A { b = process.exit(3) }',
    "import './other.ts'",
    "import fs from 'node:fs'",
  ])
    assert.equal(await codesOf(typeScript("'x'", statement)), ['not-static'], statement)
  for (const value of [
    '({ get x() { while (true) {} } })',
    '(() => { while (true) {} })()',
    "[].constructor.constructor('process.exit(3)')()",
    "'x'.repeat(1e9)",
    "await import('./other.ts')",
    '(({ a: 1 }).constructor)',
  ])
    assert.ok((await codesOf(typeScript(value))).includes('not-static'), value)
})

test('constants that need themselves are refused', async () => {
  assert.equal(await codesOf(typeScript('a', 'const a = b\nconst b = a')), ['not-static'])
  assert.equal(await codesOf({ 'r.ts': "import a from './r.ts'\nexport default a\n" }), ['not-static'])
})

test("names such as '__proto__' and 'constructor' are ordinary names, and no one's properties", async () => {
  const mixed = smallRecipe.replace('{ places: 3, clean: 1 }', '{ __proto__: 3, clean: 1 }')
  assert.equal(await yamlCodes(mixed), ['unknown-reference'])
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    assert.equal(await yamlCodes(`${smallRecipe}${name}: 1\n`), ['unknown-key'], name)
    assert.equal(await yamlCodes(smallRecipe.replace('from: web', `from: ${name}`)), ['unknown-reference'], name)
    assert.ok((await codesOf({ 'r.yaml': smallRecipe }, [`${name}.x=1`])).includes('unknown-key'), name)
    assert.ok(
      (await codesOf({ 'r.yaml': `extends: b.yaml\n${name}: { a: 1 }\n`, 'b.yaml': smallRecipe })).includes(
        'unknown-key',
      ),
    )
  }
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

test('a base outside the project or that is no recipe is not read', async () => {
  assert.equal(await yamlCodes('extends: ../../../../../../etc/passwd\n'), ['not-a-file'])
  assert.equal(await yamlCodes('extends: /etc/hosts.yaml\n'), ['outside-project'])
  await inTempFolder(async folder => {
    mkdirSync(join(folder, 'project'))
    writeFileSync(join(folder, 'secret.yaml'), 'password: 12345\n')
    symlinkSync('../secret.yaml', join(folder, 'project/link.yaml'))
    for (const base of ['../secret.yaml', join(folder, 'secret.yaml'), 'link.yaml']) {
      const recipe = join(folder, 'project/r.yaml')
      writeFileSync(recipe, `extends: ${base}\n`)
      const { diagnostics } = await loadRecipe(recipe)
      assert.equal(
        diagnostics.map(({ code }) => code),
        ['outside-project'],
        base,
      )
      assert.not.match(renderText(diagnostics, { colour: false }), 'password')
    }
  })
})

test('what is no plain file is not read', async () => {
  await inTempFolder(async folder => {
    const at = (name: string) => join(folder, name)
    symlinkSync('loop.yaml', at('loop.yaml'))
    symlinkSync('nothing.yaml', at('dangling.yaml'))
    symlinkSync('/dev/zero', at('zero.yaml'))
    execFileSync('mkfifo', [at('pipe.yaml')])
    for (const [name, code] of [
      ['loop.yaml', 'unreadable-file'],
      ['dangling.yaml', 'missing-file'],
      ['zero.yaml', 'not-a-file'],
      ['pipe.yaml', 'not-a-file'],
      ['.', 'not-a-file'],
    ] as const)
      assert.equal(
        (await loadRecipe(at(name))).diagnostics.map(found => found.code),
        [code],
        name,
      )
  })
})

test('a path that the system refuses is a diagnostic', async () => {
  assert.ok((await yamlCodes(smallRecipe.replaceAll('table.geojson', '"a\\0b"'))).includes('unreadable-file'))
})

test('a text that grows beyond measure by its parameters is refused', async () => {
  const inserted = ['$', '{params.a}'].join('').repeat(10_000)
  const text = `${smallRecipe}description: "${inserted}"\nparams: { a: ${'x'.repeat(10_000)} }\n`
  assert.equal(await yamlCodes(text), ['bad-substitution'])
})

test('a matrix of a billion cells is refused', async () => {
  const axes = Array.from({ length: 9 }, (_, i) => `  a${i}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n`).join('')
  const params = Array.from({ length: 9 }, (_, i) => `  a${i}: 0\n`).join('')
  assert.ok((await yamlCodes(`${smallRecipe}params:\n${params}matrix:\n${axes}`)).includes('matrix-too-large'))
})

test('a chain of 10,000 filters is read or refused', async () => {
  const filters = Array.from({ length: 10_000 }, (_, i) => `  f${i}: { kind: rules, from: f${i + 1} }\n`).join('')
  const text = smallRecipe.replace('filters:', `filters:\n${filters}  f10000: { kind: rules, from: web }\n`)
  for (const code of await yamlCodes(text)) assert.ok(['too-deep', 'unused-entry'].includes(code), code)
})

test('of very many faults the first are shown, without characters that a terminal would obey', async () => {
  const keys = Array.from({ length: 5000 }, (_, i) => `"\\e[2J${i}": 1\n`).join('')
  const { diagnostics } = await loadTexts({ 'r.yaml': smallRecipe + keys })
  const text = renderText(diagnostics, { colour: false })
  assert.is(diagnostics.length, 5000)
  assert.match(text, '4800 more are not shown')
  assert.not.match(text, '\u001b')
})

test("'extends' cannot be set", async () => {
  assert.equal(await codesOf({ 'r.yaml': smallRecipe }, ['extends=/etc/passwd']), ['bad-set'])
})

test.run()
