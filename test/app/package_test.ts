import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isRecord, parseJson } from '../../dsl/values/json.ts'
import { projectRoot } from '../support.ts'

/** Paths of the files that `npm pack` would put into the package. */
async function packedFiles(): Promise<readonly string[]> {
  const { stdout } = await execa('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], { cwd: projectRoot })
  const [[first] = []] = [Object.values(parseJson(stdout) ?? {})]
  const files = isRecord(first) && Array.isArray(first.files) ? first.files : []
  return files.flatMap(file => (isRecord(file) ? [String(file.path)] : []))
}

const files = await packedFiles()

test('the package holds what runs: no tests, no benchmarks, no sources in TypeScript but recipes, no source maps', () => {
  assert.ok(files.includes('dist/runtime/cli/main.js'), 'the files were found')
  const strange = files.filter(
    file =>
      /(?:^|\/)(?:test|bench|generate)\//.test(file) ||
      file.endsWith('.map') ||
      (file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.startsWith('recipes/')),
  )
  assert.equal(strange, [])
  assert.ok(files.length < 1300, `${files.length} files`)
})

test('the package holds all declarations that its entry names', async () => {
  const missing: string[] = []
  const seen = new Set<string>()
  async function visit(path: string): Promise<void> {
    if (seen.has(path)) return
    seen.add(path)
    if (!files.includes(path)) return void missing.push(path)
    const text = await readFile(join(projectRoot, path), 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from|import\()\s*["'](\.[^"']+)["']/g))
      await visit(join(dirname(path), specifier.replace(/\.[jt]s$/, '.d.ts')))
  }
  await visit('dist/types/runtime/app/mod.d.ts')
  assert.ok(seen.size > 20, 'declarations were found')
  assert.equal(missing, [])
})

test('the package holds every recipe, and the tables that recipes name', async () => {
  const { stdout } = await execa('git', ['ls-files', 'recipes'], { cwd: projectRoot })
  const recipes = stdout.split('\n').filter(file => file !== '')
  assert.ok(recipes.includes('recipes/quickstart.yaml'), 'recipes were found')
  assert.equal(
    recipes.filter(file => !files.includes(file)),
    [],
  )
})

test('no install script of a dependency runs in this repository but those that package.json allows', async () => {
  const manifest = parseJson(await readFile(join(projectRoot, 'package.json'), 'utf8'))
  assert.equal(isRecord(manifest) && manifest.allowScripts, { esbuild: true, 'onnxruntime-node': false })
  // Releases of npm that do not know the field run the scripts that the lock marks.
  const lock = parseJson(await readFile(join(projectRoot, 'package-lock.json'), 'utf8'))
  const packages = isRecord(lock) && isRecord(lock.packages) ? Object.entries(lock.packages) : []
  const marked = packages.filter(([, entry]) => isRecord(entry) && entry.hasInstallScript === true)
  assert.equal(
    marked.map(([name]) => name).filter(name => name !== ''),
    ['node_modules/esbuild'],
  )
})

test.run()
