/** Checked by the compiler, never run: wrong wiring is an error of types whose text names what belongs there. */
import {
  bpe,
  bytes,
  crawl,
  folder,
  karpathy,
  mammut,
  mix,
  parquet,
  recipe,
  retrieval,
  rules,
  train,
  webdataset,
} from '../../dsl/mod.ts'

const photos = folder({ path: 'photos', captions: 'captions.csv' })
const rsicd = karpathy({ json: 'dataset.json', images: 'imgs', resize: 'cubic' })
const shards = webdataset({ shards: ['{0..3}.tar'], split: { val: 0.1 }, class_names: { lake: 'a lake' } })
const tables = parquet({ files: 'a.parquet', image: bytes({ column: 'img' }), split: 'column' })
const web = crawl({ imagery: 'blue-marble', table: 'table.geojson', samples: '2k' })
const plausible = rules({ from: web, min_words: 3 })
const tower = { width: 32, layers: 2, heads: 2 }
const small = mammut({ vision: tower, text: tower, tokenizer: bpe({ from: [photos.train] }) })
const pretrain = train({
  model: small,
  phases: [
    { name: 'first', data: plausible, samples: '1k', learning_rate: 1e-3 },
    {
      name: 'mix',
      data: mix([
        [photos.train, 3],
        [rsicd.train, 1],
        [shards.train, 1],
        [tables.val, 1],
        [plausible, 1],
      ]),
      samples: 2000,
      learning_rate: 1e-3,
    },
  ],
})

export default recipe({
  name: 'typed',
  sources: { photos, rsicd, shards, tables, web },
  filters: { plausible },
  models: { small },
  train: { pretrain },
  evaluate: { retrieval: retrieval({ model: pretrain.phase('first'), data: photos.test }) },
})

// @ts-expect-error an architecture stands where a dataset belongs
rules({ from: small })
// @ts-expect-error an architecture stands where a trained model belongs
retrieval({ model: small, data: photos.test })
// @ts-expect-error a dataset stands where a trained model belongs
retrieval({ model: photos, data: photos.test })
// @ts-expect-error a split has no splits
rules({ from: photos.train.test })
// @ts-expect-error a typo in an option
rules({ from: web, min_word: 3 })
// @ts-expect-error a distance where a count belongs
crawl({ imagery: 'blue-marble', table: 'table.geojson', samples: '2km' })
// @ts-expect-error an evaluation stands among the sources
recipe({ name: 'wrong', sources: { retrieval: retrieval({ model: pretrain, data: photos }) } })
// @ts-expect-error a filter that there is not
karpathy({ json: 'dataset.json', images: 'imgs', resize: 'bicubic' })
// @ts-expect-error a dataset stands where a place of images belongs
parquet({ files: 'a.parquet', image: photos })
