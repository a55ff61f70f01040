import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { isLitter } from '../../dsl/values/litter.ts'
import { decodeUtf8, findInvalidByte } from '../../dsl/values/utf8.ts'

test('files of operating systems and editors are told from data, whatever folder they lie in', () => {
  const litter = ['.DS_Store', 'a/._x.jpg', '__MACOSX/a.jpg', 'a/Thumbs.db', 'desktop.ini', '.ipynb_checkpoints/a.jpg']
  const editors = ['a.csv~', '.a.csv.swp', 'a\\#x#', '~$a.xlsx', '.~lock.a.csv#', './._a', '.git/config']
  for (const path of [...litter, ...editors]) assert.ok(isLitter(path), path)
  const data = [
    'a.jpg',
    'a/b.c/x_.jpg',
    'DS_Store.jpg',
    'thumbs/1.jpg',
    '.hidden/a.jpg',
    'a~b.jpg',
    '#1.jpg',
    '..a.jpg',
  ]
  for (const path of data) assert.not.ok(isLitter(path), path)
})

test('the first byte that is not UTF-8 is found, also in a character that is cut', () => {
  assert.is(decodeUtf8(Buffer.from('\ufeffé')), 'é')
  const cases: readonly (readonly [readonly number[], number, number, string])[] = [
    [[0x61, 0x0a, 0xe9, 0x20], 2, 2, '0xe9'],
    [[0xef, 0xbb, 0xbf, 0x61, 0xff], 4, 1, '0xff'],
    [[0xef, 0xbf, 0xbd, 0xff], 3, 1, '0xff'],
    [[0x61, 0xe2, 0x82], 1, 1, '0xe2'],
  ]
  for (const [bytes, byte, line, value] of cases) {
    assert.is(decodeUtf8(Uint8Array.from(bytes)), undefined)
    assert.equal(findInvalidByte(Uint8Array.from(bytes)), { byte, line, value })
  }
})

test.run()
