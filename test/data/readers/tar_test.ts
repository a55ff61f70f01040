import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readTar } from '../../../runtime/data/readers/tar_entries.ts'
import { inTempFolder } from '../../support.ts'
import { put } from './support.ts'

const hasGnuTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU tar') ?? false

/** Registers a test that needs GNU tar; where that is absent the test is skipped, by name. */
function testWithTar(name: string, body: () => Promise<void>): void {
  if (hasGnuTar) test(name, body)
  else console.log(`skipped: ${name} (needs GNU tar)`)
}

const formats = ['gnu', 'oldgnu', 'pax', 'ustar', 'v7'] as const

testWithTar('the entries of a tar are those that GNU tar packed, in each of its formats, with their bytes', () => {
  const folder = fc.constantFrom('', './', 'a/', 'b.c/d e/', `${'deep/'.repeat(16)}`)
  const stem = fc.string({
    unit: fc.constantFrom('a', 'B', '7', '.', '_', '-', ' ', 'é', '漠'),
    minLength: 1,
    maxLength: 12,
  })
  const file = fc.tuple(folder, stem, fc.uint8Array({ maxLength: 1500 }))
  const files = fc.uniqueArray(file, {
    minLength: 1,
    maxLength: 6,
    selector: ([path, name]) => `${path}x${name}`.normalize(),
  })
  return fc.assert(
    fc.asyncProperty(files, fc.constantFrom(...formats), (all, format) =>
      inTempFolder(async root => {
        const names = all.map(([path, name]) => `${path}x${name}x`)
        await put(join(root, 'in'), Object.fromEntries(names.map((name, i) => [name, all[i]?.[2] ?? ''])))
        const shard = join(root, 'x.tar')
        const packed = spawnSync('tar', [`--format=${format}`, '-cf', shard, '-C', join(root, 'in'), ...names])
        assert.is(packed.status, 0, String(packed.stderr))
        const bytes = await readFile(shard)
        const found: string[] = []
        for await (const entry of readTar(shard, { name: 'x.tar', wants: () => true })) {
          assert.is(entry.kind, 'entry', JSON.stringify(entry))
          if (entry.kind !== 'entry') continue
          const content = Buffer.from(all[found.length]?.[2] ?? [])
          assert.is(Buffer.compare(Buffer.from(entry.bytes ?? []), content), 0)
          assert.is(Buffer.compare(bytes.subarray(entry.offset, entry.offset + entry.size), content), 0)
          found.push(entry.name)
        }
        assert.equal(found, names)
      }),
    ),
    { seed: 11, numRuns: 60 },
  )
})

testWithTar('links, devices and sparse files of GNU tar are named, and the files beside them are read', () =>
  inTempFolder(async root => {
    await put(root, { 'in/a.txt': 'a', 'in/hole.bin': Buffer.alloc(200_000) })
    const inside = { cwd: join(root, 'in') }
    for (const [command, ...args] of [
      ['ln', 'a.txt', 'hard.txt'],
      ['ln', '-s', 'a.txt', 'soft.txt'],
      ['mkfifo', 'pipe'],
      ['truncate', '-s', '1M', 'hole.bin'],
    ])
      assert.is(spawnSync(command ?? '', args, inside).status, 0)
    for (const format of ['gnu', 'pax']) {
      const shard = join(root, `${format}.tar`)
      const args = ['--sparse', `--format=${format}`, '-cf', shard, 'a.txt', 'hard.txt', 'soft.txt', 'pipe', 'hole.bin']
      assert.is(spawnSync('tar', args, inside).status, 0)
      const found: string[] = []
      for await (const entry of readTar(shard, { name: 'x.tar' }))
        found.push(entry.kind === 'damage' ? `${entry.entry.split('/').at(-1)}: ${entry.reason}` : entry.kind)
      assert.is(found.shift(), 'entry')
      const reasons = [/^hard\.txt: .* is a link/, /^soft\.txt: .* is a link/, /^pipe: .* a fifo/, /^hole\.bin: /]
      assert.is(found.length, reasons.length, found.join('; '))
      for (const [i, reason] of reasons.entries()) assert.match(found[i] ?? '', reason)
    }
  }),
)

test.run()
