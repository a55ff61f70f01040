import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inTempFolder, projectRoot } from '../support.ts'

const fixture = join(import.meta.dirname, 'fixtures', 'run.js')
const program = join(projectRoot, 'dist/runtime/cli/main.js')

test('a run is seen by ps, followed by logs and ended by stop; afterwards nothing runs', () =>
  inTempFolder(async cwd => {
    const terroir = (...args: readonly string[]) =>
      execa('node', [program, ...args], { cwd, reject: false, env: { TERROIR_STORE: '', NO_COLOR: '1' } })
    assert.is((await terroir('ps')).stdout, 'Nothing runs')
    const run = execa('node', [fixture, 'talking'], { cwd, reject: false, env: { TERROIR_STORE: '' } })
    const shown = async (): Promise<string> => {
      const { stdout } = await terroir('ps')
      return stdout.includes('1/10 steps') ? stdout : shown()
    }
    const lines = (await shown()).split('\n')
    assert.match(lines.at(-2) ?? '', /^\d{8}T\S+ +fixture +\d+ +0 of 1 stages done$/)
    assert.match(lines.at(-1) ?? '', /^ +long +\d+ +0 +\S+ s +1\/10 steps$/)
    const other = execa('node', [fixture, 'talking'], { cwd, reject: false, env: { TERROIR_STORE: '' } })
    const waiting = async (): Promise<string> => {
      const { stdout } = await terroir('ps')
      return stdout.includes('Waiting') ? stdout : waiting()
    }
    const [, pid = ''] = /fixture +(\d+) /.exec(lines.at(-2) ?? '') ?? []
    assert.match(await waiting(), `Waiting for slots that other runs hold: processor slot 0 (process ${pid})`)
    const [, second] = JSON.parse((await terroir('ps', '--json')).stdout)
    assert.match(second.waiting[0].text, `(process ${pid})`)
    assert.match((await terroir('stop', second.run)).stdout, 'Stopped')
    assert.is((await other).exitCode, 130)
    const json = JSON.parse((await terroir('ps', '--json')).stdout)
    assert.is(json[0].running[0].stage, 'long')
    const followed = terroir('logs', 'long', '--follow')
    assert.match((await terroir('stop', 'nonsense')).stderr, "No run 'nonsense' goes on")
    const stopped = await terroir('stop')
    assert.match(stopped.stdout, /^Stopping \d{8}T\S+ \(fixture, process \d+\)\nStopped$/)
    assert.is((await run).exitCode, 130)
    assert.match((await followed).stdout, 'log here I am')
    assert.is((await terroir('stop')).stdout, 'Nothing runs')
  }))

test('logs takes an entry of the recipe, as --until does', () =>
  inTempFolder(async folder => {
    const logs = join(folder, 'logs', '20260101T000000-1-aaaa')
    await mkdir(logs, { recursive: true })
    for (const stage of ['pretrain.web', 'pretrain.mix', 'photos.0', 'photos', 'photos.x'])
      await writeFile(join(logs, `${stage}.log`), `of ${stage}\n`)
    const printed = async (stage: string) =>
      (await execa('node', [program, 'logs', stage, '--store', folder], { reject: false })).stdout
    assert.is(await printed('pretrain.web'), 'of pretrain.web')
    assert.is(
      await printed('pretrain'),
      '==> pretrain.mix <==\nof pretrain.mix\n\n==> pretrain.web <==\nof pretrain.web',
    )
    assert.is(await printed('photos'), '==> photos.0 <==\nof photos.0\n\n==> photos <==\nof photos')
  }))

test.run()
