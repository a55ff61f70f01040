import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { digestPath } from '../../runtime/store/digest_path.ts'
import { stampPath } from '../../runtime/store/path_stamp.ts'
import { inTempFolder } from '../support.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const inFolder = (body: (folder: string) => void) => () =>
  inTempFolder(async root => {
    const folder = join(root, 'data')
    mkdirSync(join(folder, 'sub'), { recursive: true })
    writeFileSync(join(folder, 'b.txt'), 'b')
    writeFileSync(join(folder, 'sub/a.txt'), 'aa')
    body(folder)
  })

test(
  'the digest of a folder is that of the sorted names, sizes and digests of its files',
  inFolder(folder => {
    const lines = [`"b.txt" 1 ${sha256('b')}`, `"sub/a.txt" 2 ${sha256('aa')}`]
    assert.is(digestPath(folder), sha256(lines.join('\n')))
    assert.is(digestPath(join(folder, 'b.txt')), sha256('b'))
  }),
)

test(
  'what operating systems and editors leave in a folder changes neither its digest nor its stamp',
  inFolder(folder => {
    const before = [digestPath(folder), stampPath(folder).written]
    for (const name of ['__MACOSX', '.ipynb_checkpoints', 'sub/@eaDir']) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'x.jpg'), 'x')
    }
    for (const name of ['.DS_Store', '._b.txt', 'Thumbs.db', 'desktop.ini', '.b.txt.swp', 'b.txt~', 'sub/.DS_Store'])
      writeFileSync(join(folder, name), 'x')
    symlinkSync('/nowhere', join(folder, '.#b.txt'))
    assert.equal([digestPath(folder), stampPath(folder).written], before)
    writeFileSync(join(folder, 'notes.txt'), 'x')
    assert.is.not(digestPath(folder), before[0])
    assert.is.not(stampPath(folder).written, before[1])
  }),
)

test(
  'a link in a folder counts by its name, as readers tell it and do not follow it',
  inFolder(folder => {
    const before = digestPath(folder)
    symlinkSync('b.txt', join(folder, 'link.txt'))
    const linked = digestPath(folder)
    assert.is.not(linked, before)
    symlinkSync('b.txt', join(folder, 'other.txt'))
    assert.is.not(digestPath(folder), linked)
    assert.ok(stampPath(folder).latest > 0)
  }),
)

test(
  'a link that is named itself stands for what it leads to',
  inFolder(folder => {
    const link = join(folder, '..', 'link')
    symlinkSync(folder, link)
    assert.is(digestPath(link), digestPath(folder))
    assert.equal(stampPath(link).written, stampPath(folder).written)
  }),
)

test.run()
