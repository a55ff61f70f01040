import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createInputNames } from '../../runtime/schedule/input_names.ts'

const named = createInputNames({
  id: 'kinds',
  out: '/store/tmp/0a',
  inputs: {
    data: { folder: '/store/results/ab', name: 'photos', split: 'test' },
    train: { folder: '/store/results/ab', name: 'photos', split: 'train' },
    model: { folder: '/store/results/abcd', name: 'pretrain.first' },
    other: { folder: '/store/results/cd', name: 'places', split: 'val' },
    unnamed: { folder: '/store/results/ef' },
  },
})

test('messages name datasets and models, not the folders of their results', () => {
  assert.is(named("The images of '/store/results/cd' have no captions"), "The images of 'places.val' have no captions")
  assert.is(named('No dataset in /store/results/cd'), "No dataset in 'places.val'")
  assert.is(named('/store/results/cd/index.parquet is cut short'), 'places.val/index.parquet is cut short')
  assert.is(named("'/store/results/abcd' and '/store/results/ab'"), "'pretrain.first' and 'photos'")
  assert.is(named('No samples were made for /store/tmp/0a'), "No samples were made for 'kinds'")
  assert.is(named("'/store/results/ef'"), "'/store/results/ef'")
})

test.run()
