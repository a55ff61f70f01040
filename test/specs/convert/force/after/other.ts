import {
  bpe,
  classification,
  classifier,
  crawl,
  decontaminate,
  distill,
  grammar,
  landmarks,
  localisation,
  mammut,
  mix,
  param,
  recipe,
  retrieval,
  rules,
  train,
} from 'terroir'

const places = landmarks({
  table: 'places.geojson',
  imagery: 'blue-marble',
  ground_sizes: ['300km', '600km'],
  tile_size: param('tile'),
  captions: grammar({}),
})

const web = crawl({
  imagery: 'blue-marble',
  samples: '2k',
  table: 'places.geojson',
})

const plausible = rules({
  from: web,
})

const overhead = classifier({
  from: plausible,
  threshold: 0.5,
})

const clean = decontaminate({
  from: overhead,
  against: [places.test],
})

const tiny = mammut({
  image_size: 64,
  patch_size: 8,
  vision: { width: 32, layers: 2, heads: 2 },
  text: { width: 32, layers: 2, heads: 2 },
  tokenizer: bpe({ from: [places.train] }),
})

const pretrain = train({
  model: tiny,
  batch_size: 64,
  phases: [
    { name: 'web', data: clean, samples: '1k', learning_rate: 0.001 },
    { name: 'mix', data: mix([[places, 3], [clean, 1]]), samples: '2k', learning_rate: 0.001 },
  ],
})

const localise = distill({
  model: pretrain,
  data: places.train,
  queries: { water: { prompts: ['open water'], against: ['dry land'] } },
  rounds: 2,
  samples: '1k',
  learning_rate: 0.0003,
})

export default recipe({
  name: 'demo',
  seed: 1,
  params: { tile: 80 },
  sources: { places, web },
  filters: { plausible, overhead, clean },
  models: { tiny },
  train: { pretrain },
  distill: { localise },
  evaluate: {
    retrieval: retrieval({ model: pretrain, data: places.test }),
    kinds: classification({ model: pretrain, data: places.test, templates: ['a satellite image of a {}'] }),
    water: localisation({
      model: localise.round(2),
      data: places.test,
      queries: { water: { prompts: ['open water'], against: ['dry land'] } },
    }),
  },
  claims: { learns: { metric: 'retrieval.mean_recall', at_least: 5, origin: 'a first guess' } },
})
