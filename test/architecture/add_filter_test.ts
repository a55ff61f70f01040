/** The walk-through of CONTRIBUTING.md, followed to the letter in a copy of the project. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTempFolder, projectRoot } from '../support.ts'

const page = readFileSync(join(projectRoot, 'CONTRIBUTING.md'), 'utf8')

interface Step {
  readonly action: string
  readonly place: string
  readonly code: string
}

/** Code blocks with a place: `file=PATH` writes it, `append=PATH` adds to it, `after=PATH:LINE` puts it below a line. */
const steps: readonly Step[] = [...page.matchAll(/^ {3}```ts (\w+)=(.*)\n([\s\S]*?)^ {3}```$/gm)].map(
  ([, action = '', place = '', code = '']) => ({ action, place, code: code.replaceAll(/^ {3}/gm, '') }),
)

function take(root: string, { action, place, code }: Step): void {
  const [path = '', line = ''] = place.split(':')
  const file = join(root, path)
  switch (action) {
    case 'file':
      writeFileSync(file, code, { flag: 'wx' })
      return
    case 'append':
      writeFileSync(file, code, { flag: 'a' })
      return
    case 'after': {
      const text = readFileSync(file, 'utf8')
      const at = text.indexOf('\n', text.indexOf(line)) + 1
      writeFileSync(file, text.slice(0, at) + code + text.slice(at))
      return
    }
    default:
      throw new Error(`CONTRIBUTING.md has a code block with the unknown action '${action}'`)
  }
}

/** A copy of what the build reads, without tests and benchmarks. */
function copyProject(root: string): void {
  for (const name of ['dsl', 'runtime', 'recipes', 'docs', 'package.json', 'tsconfig.json', 'tsconfig.types.json'])
    cpSync(join(projectRoot, name), join(root, name), { recursive: true })
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'))
  const config = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ ...config, include: ['dsl', 'runtime'] }))
}

/** Runs a program in a folder; its exit code, and what it printed. */
function execute(
  folder: string,
  program: string,
  args: readonly string[],
): { readonly code: number; readonly text: string } {
  const { CI: _, ...env } = process.env
  try {
    const options = { cwd: folder, env: { ...env, NO_COLOR: '1' }, encoding: 'utf8', stdio: 'pipe' } as const
    return { code: 0, text: execFileSync(program, args, options) }
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string }
    return { code: status, text: `${stdout}${stderr}` }
  }
}

const build = (root: string) => execute(root, 'npm', ['run', '-s', 'build'])

/** The first steps of the build: what is generated, then types. */
function checkTypes(root: string): ReturnType<typeof execute> {
  const generated = execute(root, 'npm', ['run', '-s', 'build:generated'])
  return generated.code === 0 ? execute(root, join(root, 'node_modules/.bin/tsc'), ['--noEmit']) : generated
}

const recipe = `name: photos
sources:
  photos: { kind: folder, path: photos, split: { test: 0 } }
filters:
  light: { kind: brightness, from: photos, at_least: 60 }
`

function replaceIn(root: string, path: string, ...changes: readonly (readonly [from: string, to: string])[]): void {
  const file = join(root, path)
  const before = readFileSync(file, 'utf8')
  const after = changes.reduce((text, [from, to]) => text.replace(from, to), before)
  assert.is.not(after, before, `${path} holds what is replaced`)
  writeFileSync(file, after)
}

test('a filter is added by a definition, an implementation and two registry lines; a renamed field fails the build', () =>
  inTempFolder(async root => {
    assert.equal(
      steps.map(({ action, place }) => `${action} ${place}`),
      [
        'file dsl/kinds/filters/brightness.ts',
        'append dsl/kinds/filters/mod.ts',
        'file runtime/kinds/filters/brightness.ts',
        'after runtime/kinds/registry.ts:const implementations',
      ],
    )
    copyProject(root)
    for (const step of steps) take(root, step)
    const built = build(root)
    assert.is(built.code, 0, built.text)
    assert.match(readFileSync(join(root, 'dsl/mod.ts'), 'utf8'), 'export declare function brightness(')
    assert.match(readFileSync(join(root, 'docs/reference.md'), 'utf8'), 'kind: brightness')

    for (const [name, grey] of Object.entries({ dark: 20, light: 200 })) {
      const file = join(root, `photos/scene/${name}.png`)
      mkdirSync(dirname(file), { recursive: true })
      await sharp({ create: { width: 40, height: 40, channels: 3, background: { r: grey, g: grey, b: grey } } }).toFile(
        file,
      )
    }
    writeFileSync(join(root, 'photos.yaml'), recipe)
    const cli = (...args: readonly string[]) => execute(root, process.execPath, ['dist/runtime/cli/main.js', ...args])
    assert.match(cli('plan', 'photos.yaml').text, /light\s+brightness/)
    const ran = cli('run', 'photos.yaml', '--store', join(root, 'store'))
    assert.is(ran.code, 0, ran.text)
    assert.match(ran.text, '1 kept of 2')

    replaceIn(root, 'dsl/kinds/filters/brightness.ts', ['at_least?: number', 'darkest?: number'])
    const inDefinition = checkTypes(root)
    assert.is.not(inDefinition.code, 0)
    assert.match(inDefinition.text, 'dsl/kinds/filters/brightness.ts')
    replaceIn(
      root,
      'dsl/kinds/filters/brightness.ts',
      ['({ at_least }', '({ darkest }'],
      ['params: { at_least }', 'params: { darkest }'],
    )
    const inImplementation = checkTypes(root)
    assert.is.not(inImplementation.code, 0)
    assert.match(inImplementation.text, 'runtime/kinds/filters/brightness.ts')
    replaceIn(root, 'runtime/kinds/filters/brightness.ts', ['params.at_least', 'params.darkest'])
    assert.is(checkTypes(root).code, 0)

    replaceIn(root, 'dsl/kinds/filters/rules.ts', ['min_words?: number', 'fewest_words?: number'])
    const inStarter = checkTypes(root)
    assert.is.not(inStarter.code, 0)
    assert.match(inStarter.text, 'dsl/generate/starter_recipe.ts')
    assert.match(inStarter.text, 'runtime/kinds/filters/rules.ts')
  }))

test.run()
