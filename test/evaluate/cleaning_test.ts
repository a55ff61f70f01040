import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { cleanCaption } from '../../runtime/evaluate/cleaning.ts'

test('captions are cleaned as each protocol does it', () => {
  const caption = ' Two  AIRPLANES\tat Gate 5 .'
  assert.is(cleanCaption(caption, 'none'), caption)
  assert.is(cleanCaption(caption, 'clip'), 'two airplanes at gate 5 .')
  assert.is(cleanCaption(caption, 'remoteclip'), ' two  airplanes\tat gate 5 .')
  assert.is(cleanCaption('éTANGS Near PARIS', 'remoteclip'), 'Étangs near paris')
  assert.is(cleanCaption('', 'remoteclip'), '')
})

test.run()
