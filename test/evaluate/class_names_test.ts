import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { templateSets } from '../../dsl/recipe/templates.ts'
import { classWords } from '../../runtime/evaluate/class_names.ts'

test('labels stay as they are, are spelt out, or are named', () => {
  const labels = ['AnnualCrop', 'dense_residential', 'RVPark', 'Sea Lake', 'route-66']
  const words = (names: Parameters<typeof classWords>[1]) => [...classWords(labels, names).values()]
  assert.equal([...classWords(['_lake_', '66Road'], 'words').values()], ['lake', '66 road'])
  assert.equal(words('labels'), labels)
  assert.equal(words('words'), ['annual crop', 'dense residential', 'rv park', 'sea lake', 'route 66'])
  assert.equal(words({ AnnualCrop: 'annual crop land' }), ['annual crop land', ...labels.slice(1)])
})

test('words for a label that is not there, or for two labels, are refused', () => {
  assert.throws(
    () => classWords(['River', 'Forest'], { Rivers: 'a river' }),
    /'Rivers', which labels no image; labels are River, Forest/,
  )
  assert.throws(() => classWords(['a_b', 'a-b'], 'words'), /calls both 'a_b' and 'a-b' 'a b'/)
})

test('published templates have one place each and none stands twice in a set', () => {
  for (const templates of Object.values(templateSets)) {
    assert.is(new Set(templates).size, templates.length)
    for (const template of templates) assert.is(template.split('{}').length, 2, template)
  }
  assert.equal(
    Object.entries(templateSets).map(([name, list]) => [name, list.length]),
    [
      ['remote-sensing', 23],
      ['clip-eurosat', 3],
      ['clip-resisc45', 18],
      ['skyscript', 2],
    ],
  )
})

test('a label may be named as folders and tables have it', () => {
  const words = classWords(['annual crop', 'Sea'], { AnnualCrop: 'annual crop land', Sea: 'sea' })
  assert.equal(
    [...words],
    [
      ['annual crop', 'annual crop land'],
      ['Sea', 'sea'],
    ],
  )
})

test.run()
