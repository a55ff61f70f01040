import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cleaned } from '../../runtime/evaluate/cleaning.ts'

test('captions are cleaned as each protocol does it', () => {
  const caption = ' Two  AIRPLANES\tat Gate 5 .'
  assert.is(cleaned(caption, 'none'), caption)
  assert.is(cleaned(caption, 'clip'), 'two airplanes at gate 5 .')
  assert.is(cleaned(caption, 'remoteclip'), ' two  airplanes\tat gate 5 .')
  assert.is(cleaned('éTANGS Near PARIS', 'remoteclip'), 'Étangs near paris')
  assert.is(cleaned('', 'remoteclip'), '')
})

test.run()
