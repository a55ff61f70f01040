/**
 * Installs the package from its tarball into an empty project, and uses it there: `npm run test:package`. Nothing but
 * packages of the registry is downloaded; where that cannot be reached, the test is skipped by name.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTempFolder, projectRoot } from '../support.ts'

const name = 'installed from its tarball into an empty project, the package checks, initialises and runs'

/** Eight pictures with captions, where the starter recipe looks for them. */
async function writeImages(folder: string): Promise<void> {
  await mkdir(folder)
  const rows: string[] = []
  for (let number = 1; number <= 8; number += 1) {
    const pixels = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * number * 41) % 256))
    await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).toFile(join(folder, `${number}.png`))
    rows.push(`${number}.png,a field with ${number} roads`)
  }
  await writeFile(join(folder, 'captions.csv'), ['image,caption', ...rows, ''].join('\n'))
}

const online = (await execa('npm', ['view', 'uvu', 'version'], { reject: false, timeout: 20_000 })).exitCode === 0

if (!online) console.log(`skipped: ${name} (needs the registry of npm)`)
else
  test(name, () =>
    inTempFolder(async folder => {
      const run = (program: string, ...args: readonly string[]) =>
        execa(program, args, { cwd: folder, reject: false, env: { TERROIR_STORE: '', NODE_PATH: '' } })
      await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: projectRoot })
      const [tarball = ''] = (await readdir(folder)).filter(file => file.endsWith('.tgz'))
      await writeFile(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }')

      const installed = await run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`)
      assert.is(installed.exitCode, 0, installed.stderr)
      const engine = join(folder, 'node_modules/onnxruntime-node')
      const libraries = await readdir(join(engine, 'bin'), { recursive: true })
      assert.ok(libraries.length > 0, 'the engine is there')
      assert.not.ok(
        libraries.some(file => file.includes('cuda')),
        'no CUDA provider was downloaded',
      )

      const terroir = (...args: readonly string[]) => run('npx', '--no-install', 'terroir', ...args)
      const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'))
      assert.is((await terroir('--version')).stdout, version)
      await writeImages(join(folder, 'images'))
      assert.is((await terroir('init', 'first')).exitCode, 0)
      const checked = await terroir('check', 'first.yaml')
      assert.is(checked.exitCode, 0, checked.stderr)
      assert.match((await terroir('doc', 'dedup')).stdout, '# kind: dedup')
      const few = 'train.pretrain.phases.first.samples=64'
      const ran = await terroir('run', 'first.yaml', '--set', few)
      assert.is(ran.exitCode, 0, ran.stderr)
      assert.match(ran.stdout, 'first is done')
      await writeFile(
        join(folder, 'use.js'),
        `import { results } from 'terroir'\nconst { stages } = await results('first.yaml', { set: ['${few}'] })\nconsole.log(stages.at(-1).state)`,
      )
      assert.is((await run('node', 'use.js')).stdout, 'cached')
    }),
  )

test.run()
