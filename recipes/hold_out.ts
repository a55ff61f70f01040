// The paper's hold-out of landmark categories, small: can a model retrieve kinds of places it was never shown?
import { bpe, classification, grammar, landmarks, mammut, recipe, retrieval, train } from '../dsl/mod.ts'

const heldOut = ['lake', 'island', 'salt flat']

const places = landmarks({
  table: 'data/landmarks.geojson',
  imagery: 'blue-marble',
  ground_sizes: ['300km', '600km', '1200km'],
  tiles_per_landmark: 5,
  split: { val: 0.05, test: 0, buffer: '150km', hold_out_kinds: heldOut },
  captions: grammar({ per_image: 3 }),
})

const small = mammut({
  vision: { width: 128, layers: 4, heads: 4 },
  text: { width: 128, layers: 2, heads: 4, context_length: 24 },
  tokenizer: bpe({ from: [places.train] }),
})

const pretrain = train({
  model: small,
  augment: { crop: 0.9, colour: 0.05 },
  phases: [{ name: 'landmarks', data: places.train, samples: '16k', learning_rate: 0.001 }],
})

export default recipe({
  name: 'hold-out',
  description: 'Retrieval and classification of landmark kinds that training never shows',
  seed: 7,
  sources: { places },
  models: { small },
  train: { pretrain },
  evaluate: {
    unseen_kinds: retrieval({ model: pretrain, data: places.test }),
    unseen_classes: classification({
      model: pretrain,
      data: places.test,
      templates: ['a satellite image of a {}', 'a {} seen from above'],
    }),
  },
})
