import { bpe, dedup, folder, mammut, recipe, retrieval, rules, train } from '../../dsl/mod.ts'

// A folder with captions.csv, whose columns are image and caption. Without 'captions', sub-folders are classes.
const images = folder({
  path: 'images',
  captions: 'captions.csv',
  split: { test: 0.2 },
})

// Cheap rules on text and image.
const plausible = rules({ from: images, min_words: 2 })

// Drops all but the first of images that look the same.
const unique = dedup({ from: plausible })

const small = mammut({
  image_size: 64,
  patch_size: 8,
  vision: { width: 128, layers: 4, heads: 4 },
  text: { width: 128, layers: 4, heads: 4 },
  tokenizer: bpe({ vocab_size: 1024, from: [unique.train] }),
})

const pretrain = train({
  model: small,
  // A curriculum: each phase starts from the weights of the one before.
  phases: [{ name: 'first', data: unique.train, samples: '10k', learning_rate: 0.001 }],
})

export default recipe({
  name: 'starter',
  description: 'A small image-text model of my own images',
  seed: 0,
  sources: { images },
  filters: { plausible, unique },
  models: { small },
  train: { pretrain },
  evaluate: { retrieval: retrieval({ model: pretrain, data: unique.test }) },
  // What you expect; a run says whether it holds.
  claims: {
    retrieval_learns: { metric: 'retrieval.mean_recall', at_least: 5, origin: 'a first guess' },
  },
})
