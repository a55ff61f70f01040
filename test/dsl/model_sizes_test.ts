import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { mammutSizes } from '../../dsl/kinds/models/mammut_sizes.ts'
import { loadTexts, planTexts, smallRecipe } from './support.ts'

const towers = / {4}vision: .*\n {4}text: .*\n/
const withModel = (lines: string): string => smallRecipe.replace(towers, lines.replace(/^(?=.)/gm, '    '))

async function modelOf(lines: string) {
  const { variants, diagnostics } = await loadTexts({ 'recipe.yaml': withModel(lines) })
  assert.equal(
    diagnostics.filter(({ severity }) => severity === 'error'),
    [],
  )
  const model = variants[0]?.recipe.models.tiny
  if (model?.kind !== 'mammut') throw new Error('The recipe has no MaMMUT')
  return model
}

test('a size gives every dimension that is not written', async () => {
  const { size, text, vision, image_size, embed_dim, tokenizer } = await modelOf('size: paper\n')
  assert.equal(
    { size, vision, text, image_size, embed_dim, vocab_size: tokenizer.vocab_size },
    {
      ...{ size: 'paper', vision: mammutSizes.paper.vision, image_size: 224, embed_dim: 1152, vocab_size: 32000 },
      text: { ...mammutSizes.paper.text, cross_attn_every: 2 },
    },
  )
})

test('what is written stands in place of what the size gives, and an MLP goes with the width that it was given for', async () => {
  const model = await modelOf(
    'size: paper\nimage_size: 448\nvision: { layers: 3 }\ntext: { width: 512, context_length: 96 }\n',
  )
  assert.is(model.image_size, 448)
  assert.equal(model.vision, { ...mammutSizes.paper.vision, layers: 3 })
  assert.equal(model.text, { width: 512, layers: 20, heads: 16, context_length: 96, cross_attn_every: 2 })
})

test('a size and the dimensions that it stands for make the same stages', async () => {
  const keys = async (lines: string) =>
    (await planTexts({ 'recipe.yaml': withModel(lines) })).stages.map(({ id, key }) => `${id} ${key}`)
  const { vision, text } = mammutSizes.small
  const written = `image_size: 224\npatch_size: 16\nembed_dim: 384\nvision: ${JSON.stringify(vision)}\ntext: ${JSON.stringify(text)}\n`
  const small = await keys('size: small\n')
  const explicit = withModel(written).replace('kind: bpe,', 'kind: bpe, vocab_size: 16384,')
  assert.equal(
    small,
    (await planTexts({ 'recipe.yaml': explicit })).stages.map(({ id, key }) => `${id} ${key}`),
  )
  assert.not.equal(small, await keys('size: base\n'))
})

test.run()
