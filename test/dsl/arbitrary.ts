/** Recipes at random: valid, of every kind of entry and with most fields, as fast-check generates and shrinks them. */
import fc from 'fast-check'

/** A JSON value. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [name: string]: Plain }

/** A mapping. */
export type PlainMap = { readonly [name: string]: Plain }

/** Files that the recipes name. */
export const filesBeside = {
  'photos/captions.csv': 'image,caption\n',
  'rs.json': '{}',
  'a.tar': '',
  'b.tar': '',
  'rows.parquet': '',
  'rows.tar': '',
}

/** A record whose fields are there or not, as `optional` says. */
const record = (
  needed: Readonly<Record<string, fc.Arbitrary<Plain>>>,
  optional: Readonly<Record<string, fc.Arbitrary<Plain>>> = {},
): fc.Arbitrary<PlainMap> =>
  fc.record({ ...needed, ...optional }, { requiredKeys: Object.keys(needed) }) as fc.Arbitrary<PlainMap>

const one = <T extends Plain>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const share = one(0, 0.05, 0.1, 0.25, 0.5, 0.75, 1)
const count = one<Plain>(300, 4000, '4k', '1.5M', '2k')
const words = one(
  'open water',
  'a mountain range',
  "the sea's edge",
  'land: dry',
  'roads # and rails',
  'Ünter 東京',
  '[x]',
)
const texts = fc.array(words, { minLength: 1, maxLength: 3 })
const seen = one('places', 'places.train')

const sao = record({}, { window: one(2, 3), stride: one(1, 2) })
const queries = fc.dictionary(one('water', 'relief'), record({ prompts: texts, against: texts }), {
  minKeys: 1,
  maxKeys: 2,
})

const landmarks = record(
  {
    kind: one('landmarks'),
    table: one('table.geojson'),
    imagery: one('blue-marble'),
    ground_sizes: fc.array(one('300km', '600km', '120000m', '0.5km'), { minLength: 1, maxLength: 3 }),
    captions: record({ kind: one('grammar') }, { per_image: one(1, 3, 8) }),
  },
  {
    countries: fc.boolean(),
    cities_above: count,
    tiles_per_landmark: one(1, 4, 9),
    tile_size: one(128, 256),
    split: record(
      { test: one(0.1, 0.3) },
      {
        val: one(0.05, 0.1),
        buffer: one('0km', '150km'),
        hold_out_kinds: fc.array(one('lake', 'salt flat'), { maxLength: 2 }),
      },
    ),
  },
)
const crawl = record(
  { kind: one('crawl'), imagery: one('blue-marble'), table: one('table.geojson') },
  { samples: count, overhead: share, wrong_text: share, tile_size: one(128, 256) },
)
const folder = record(
  { kind: one('folder'), path: one('photos') },
  {
    captions: one('captions.csv'),
    tile_size: one(128),
    split: record({}, { test: one(0.1, 0.2), val: one(0, 0.1) }),
    max_corrupt: one(0, 5),
  },
)

const stored = {
  overhead: one(true, false),
  tile_size: one(128),
  resize: one('cubic', 'lanczos3'),
  max_corrupt: one<Plain>(0, '1k'),
  parts: one(1, 3),
}
const heldOut = record({}, { val: one(0, 0.1), test: one(0.1, 0.2) })
/** A source that others distribute. */
const delivered: fc.Arbitrary<PlainMap> = fc.oneof(
  record({ kind: one('karpathy'), json: one('rs.json'), images: one('photos') }, stored),
  record(
    { kind: one('webdataset'), shards: one<Plain>('{a,b}.tar', ['a.tar', 'b.tar']) },
    { ...stored, split: heldOut, class_names: one({ AnnualCrop: 'farm land' }) },
  ),
  record(
    { kind: one('parquet'), files: one('rows.parquet') },
    {
      ...stored,
      image: fc.oneof(
        record({ kind: one('bytes') }, { column: one('image', 'jpg') }),
        record({ kind: one('paths'), folder: one('photos') }, { column: one('path') }),
      ),
      caption: one('caption', 'text'),
      label: one('class'),
      split: fc.oneof<fc.Arbitrary<Plain>[]>(one('column'), heldOut),
    },
  ),
)

const filterOf = (from: string): fc.Arbitrary<PlainMap> =>
  fc.oneof(
    record(
      { kind: one('rules'), from: one(from) },
      {
        min_words: one(0, 2),
        max_words: one(40, 60),
        blocked_words: texts,
        min_side: one(16),
        max_aspect: one(2.5),
        min_contrast: one(0, 4),
      },
    ),
    record({ kind: one('classifier'), from: one(from) }, { labelled: one<Plain>(100, '1k'), threshold: share }),
    record({ kind: one('dedup'), from: one(from) }, { distance: one(0, 4, 32) }),
    record({ kind: one('union'), from: one([from, 'places.val'], [from, 'photos', 'theirs.train']) }),
    record(
      { kind: one('decontaminate'), from: one(from), against: one(['places.test'], ['places']) },
      { distance: one(0, 6) },
    ),
  )

const tower = (heads: number, per: number, layers: number): PlainMap => ({ width: heads * per, layers, heads })

const model = (datasets: readonly string[]): fc.Arbitrary<PlainMap> =>
  fc.tuple(one(1, 2, 4), one(8, 16), one(1, 2, 5), one(4, 8), one(4, 8)).chain(([heads, per, layers, patch, grid]) =>
    record(
      {
        kind: one('mammut'),
        image_size: one(patch * grid),
        patch_size: one(patch),
        vision: one(tower(heads, per, layers)),
        text: record(
          { width: one(heads * per), layers: one(layers), heads: one(heads), cross_attn_every: one(1, layers) },
          { context_length: one(12, 32, 77) },
        ),
        tokenizer: record(
          { kind: one('bpe'), from: fc.uniqueArray(one(...datasets), { minLength: 1, maxLength: 2 }) },
          { vocab_size: one(260, 2560) },
        ),
      },
      { embed_dim: one(16, 128) },
    ),
  )

const optimizer = record(
  { kind: one('adamw') },
  {
    beta1: share,
    beta2: share,
    weight_decay: one(0, 0.05),
    clip_norm: one(0.5, 1),
    layer_decay: one(0.75, 1),
    groups: fc.array(record({ parameters: one('visual.', 'text.') }, { learning_rate_scale: one(0, 0.1) }), {
      maxLength: 2,
    }),
  },
)
const contrastive = fc.oneof(record({ kind: one('softmax') }), record({ kind: one('focal') }, { gamma: one(0, 1.5) }))
const schedule = fc.oneof(
  record({ kind: one('cosine') }, { floor: share }),
  record({ kind: one('linear') }, { floor: share }),
  record({ kind: one('constant') }),
  record({ kind: one('cooldown') }, { share: one(0.1, 0.25), shape: one('linear', '1-sqrt') }),
)
const computing = {
  micro_batch: one(2),
  recompute: fc.boolean(),
  checkpoint_every: one('30s', '2m'),
  keep_checkpoints: one(1, 5),
  image_cache: one('64MiB', '2GiB'),
}

const phase = (name: string, datasets: readonly string[]): fc.Arbitrary<PlainMap> =>
  record(
    {
      name: one(name),
      data: fc.oneof(
        one<Plain>(...datasets),
        fc.dictionary(one(...datasets), one(1, 0.5, 3), { minKeys: 1, maxKeys: 3 }),
      ),
      samples: one<Plain>(300, '4k', '1M'),
      learning_rate: one(0.001, 0.0003, 0.00002),
    },
    {
      warm_up: one(0, 0.05, 0.5),
      temperature: one(1, 3.33),
      schedule,
      freeze: one(['visual.'], ['text.', 'visual.']),
      stop_early: record(
        { data: one('places.val'), every: one<Plain>(500, '1k') },
        { metric: one('mean_recall', 't2i_r1'), patience: one(1, 3) },
      ),
    },
  )

const train = (model: string, datasets: readonly string[]): fc.Arbitrary<PlainMap> =>
  record(
    {
      model: one(model),
      phases: fc
        .subarray(['broad', 'narrow', 'mix'], { minLength: 1 })
        .chain(names => fc.tuple(...names.map(name => phase(name, datasets)))),
    },
    {
      batch_size: one(2, 64, 256),
      caption_weight: one(0.5, 1, 2),
      optimizer,
      contrastive,
      ema: one(0.9, 0.999),
      shuffle: one<Plain>(100, '10k'),
      augment: record(
        {},
        {
          crop: share,
          aspect: one(1, 1.333),
          filter: one('bicubic', 'lanczos3'),
          dihedral: fc.boolean(),
          colour: share,
        },
      ),
      ...computing,
    },
  )

const distill = record(
  { model: one('pretrain'), data: seen, queries, samples: one<Plain>(500, '1k'), learning_rate: one(0.0002) },
  {
    sao,
    rounds: one(2, 3),
    batch_size: one(8, 64),
    region_weight: one(0, 1),
    margin: one(0, 0.25, 1),
    caption_weight: one(0.5, 1),
    contrastive,
    optimizer,
    ema: one(0.99),
    schedule,
    warm_up: one(0, 0.05, 0.5),
    colour: share,
    keep_checkpoints: one(3),
  },
)

const evaluation = (models: readonly string[]): fc.Arbitrary<PlainMap> => {
  const both = { model: one(...models), data: one('places.test') }
  const weights = one('average', 'last')
  return fc.oneof(
    record({ kind: one('retrieval'), ...both }, { weights, cleaning: one('clip', 'remoteclip') }),
    record(
      { kind: one('linear-probe'), ...both, train: one('places.train') },
      { weights, features: one('pooled', 'embeddings'), validation: one(0.1, 0.3) },
    ),
    record(
      { kind: one('captioning'), ...both },
      {
        weights,
        decoding: fc.oneof(
          record({ kind: one('greedy') }),
          record({ kind: one('nucleus') }, { top_p: one(0.5, 0.95), temperature: one(0.7) }),
        ),
      },
    ),
    record(
      {
        kind: one('classification'),
        ...both,
        templates: fc.oneof<fc.Arbitrary<Plain>[]>(
          one('remote-sensing'),
          fc.array(one('a satellite image of a {}', '{} from above'), { minLength: 1, maxLength: 2 }),
        ),
      },
      { weights, min_images: one(1, 4), class_names: one<Plain>('words', { lake: 'a lake' }) },
    ),
    record({ kind: one('localisation'), ...both, queries }, { map: one('attention', 'sao'), sao }),
  )
}

const claim = record({ metric: one('web.samples'), at_least: one(0, 5.5), origin: words }, { tolerance: one(0, 0.5) })

/** Valid recipes. */
export const recipes: fc.Arbitrary<PlainMap> = fc
  .tuple(fc.nat(3), fc.boolean(), fc.boolean())
  .chain(([filters, hasDistill, hasClaims]) => {
    const names = ['kept', 'overhead', 'unique'].slice(0, filters)
    const datasets = ['places.train', 'web', 'photos', 'theirs.train', ...names]
    const chain = names.map((name, index) => [name, filterOf(names[index - 1] ?? 'web')] as const)
    const models = ['pretrain', ...(hasDistill ? ['localise', 'localise.1'] : [])]
    return record(
      {
        name: one('generated', 'a-2_b'),
        sources: record({ places: landmarks, web: crawl, photos: folder, theirs: delivered }),
        filters: record(Object.fromEntries(chain)),
        models: record({ small: model(datasets) }),
        train: record({ pretrain: train('small', datasets) }),
        distill: hasDistill ? record({ localise: distill }) : one({}),
        evaluate: record({ first: evaluation(models) }, { second: evaluation(models) }),
      },
      {
        description: words,
        seed: fc.nat(1000),
        engine: one('cpu', 'auto'),
        resources: one({ slot_memory: '2TiB' }, {}),
        ...(hasClaims && { claims: record({ many: claim }) }),
      },
    )
  })
