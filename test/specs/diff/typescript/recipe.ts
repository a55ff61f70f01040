import { bpe, dedup, folder, mammut, recipe, retrieval, train } from 'terroir'

const tower = { width: 32, layers: 2, heads: 2 }
const photos = folder({ path: 'photos' })
const unique = dedup({ from: photos })
const small = mammut({ vision: tower, text: tower, tokenizer: bpe({ from: [unique.train] }) })
const pretrain = train({
  model: small,
  phases: [{ name: 'first', data: unique.train, samples: '1k', learning_rate: 1e-3 }],
})

export default recipe({
  name: 'typed',
  sources: { photos },
  filters: { unique },
  models: { small },
  train: { pretrain },
  evaluate: { retrieval: retrieval({ model: pretrain, data: unique.test }) },
})
