/** The verdicts of filters: every sample of the input, and the numbers that the metrics are made from. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import sharp from 'sharp'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { verdictColumns } from '../../dsl/kinds/filters/verdicts.ts'
import { registry, type StageKind, stageDefinitions } from '../../dsl/kinds/registry.ts'
import { createDataset, readIndex } from '../../runtime/data/dataset.ts'
import { createRandom } from '../../runtime/data/random.ts'
import { createRecord } from '../../runtime/data/record_table.ts'
import type { AnyContext, Numbers } from '../../runtime/kinds/context.ts'
import { inTempFolder } from '../support.ts'
import { runKind } from './run_kind.ts'

const texts = ['an airport from above', 'fields from above', 'a plate of soup', 'soup', 'a stock photo of a harbour']

/** Samples of few pictures, texts and labels in two splits, so that every filter has something to drop. */
async function writeWeb(folder: string, count: number, prefix = ''): Promise<string> {
  const random = createRandom(7, `web ${prefix}`)
  const dataset = await createDataset(folder)
  for (let i = 0; i < count; i++) {
    const scene = random.below(9)
    const side = 24 + 8 * random.below(4)
    const waves = createRandom(scene, 'scene')
    const [across, down, phase] = [waves.between(-9, 9), waves.between(-9, 9), waves.between(0, 6)]
    const strength = scene === 0 ? 1 : 60
    const pixels = Uint8Array.from({ length: 3 * side * side }, (_, at) => {
      const [x, y] = [(Math.floor(at / 3) % side) / side, Math.floor(at / 3 / side) / side]
      return 128 + strength * Math.cos(across * x + down * y + phase) + random.below(3)
    })
    const image = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer()
    const text = texts[scene % texts.length] ?? ''
    const label = random.below(4) > 0 ? { overhead: scene % texts.length < 2 } : {}
    const captions = [`${text} ${i % 3}`, text]
    const place = { key: `${prefix}${i}`, split: i % 3 === 0 ? 'test' : 'train', group: `g${i % 5}` }
    await dataset.add({ ...place, ...label, captions, label: '', masks: [], facts: {}, image, maskFiles: {} })
  }
  await dataset.close()
  return folder
}

type Row = Readonly<Record<string, unknown>>

const readVerdicts = async (folder: string): Promise<readonly Row[]> =>
  parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'verdicts.parquet')) })

/** What a filter of each kind may be asked for. */
const parameters: { readonly [kind: string]: fc.Arbitrary<AnyContext['params']> } = {
  rules: fc.record({
    min_words: fc.integer({ min: 0, max: 4 }),
    max_words: fc.integer({ min: 4, max: 8 }),
    blocked_words: fc.subarray(['stock', 'plate of', 'soup']),
    min_side: fc.integer({ min: 8, max: 32 }),
    max_aspect: fc.constant(1),
    min_contrast: fc.integer({ min: 0, max: 8 }),
  }),
  classifier: fc.record({
    labelled: fc.integer({ min: 20, max: 30 }),
    threshold: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    seed: fc.nat(9),
  }),
  dedup: fc.record({ distance: fc.integer({ min: 0, max: 12 }) }),
  decontaminate: fc.record({ distance: fc.integer({ min: 0, max: 12 }) }),
}

/** The metrics of a filter, from nothing but its verdicts. */
function recomputed(rows: readonly Row[]): Numbers {
  const [kept, labelled] = [rows.filter(row => row.kept), rows.filter(row => row.labelled)]
  const judged = rows.filter(row => typeof row.overhead === 'boolean' && row.labelled !== true)
  const count = (kept: boolean, wanted: boolean) =>
    judged.filter(row => row.kept === kept && row.overhead === wanted).length
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
  const precision = share(count(true, true), count(true, true) + count(true, false))
  const recall = share(count(true, true), count(true, true) + count(false, true))
  return {
    kept: kept.length,
    dropped: rows.length - kept.length,
    precision,
    recall,
    f1: share(2 * precision * recall, precision + recall),
    accuracy: share(count(true, true) + count(false, false), judged.length),
    labelled: labelled.length,
  }
}

/** Those that judge samples. */
const filters = Object.values(registry.filters).filter(filter => 'scores' in filter)

test('every filter declares its scores, beside the columns of all', () => {
  assert.equal(Object.keys(parameters).sort(), filters.map(({ kind }) => kind).sort())
  for (const { kind, scores } of filters) {
    assert.ok(Object.keys(scores).length > 0, kind)
    for (const [name, { about }] of Object.entries(scores)) {
      assert.not.ok(name in verdictColumns, `${kind} names its score '${name}' as all filters do`)
      assert.match(about, /^[A-Z].*\.$/)
    }
  }
})

for (const [kind, params] of Object.entries(parameters))
  test(`the verdicts of ${kind} name every sample once and give its metrics, exactly`, () =>
    inTempFolder(async folder => {
      const data = await writeWeb(join(folder, 'web'), 60)
      const others = await writeWeb(join(folder, 'others'), 9, 'other-')
      const inputs = {
        data: { folder: data },
        ...(kind === 'decontaminate' && {
          'against.0': { folder: others, split: 'test' },
          'against.1': { folder: others, split: 'train' },
        }),
      }
      let runs = 0
      await fc.assert(
        fc.asyncProperty(params, async params => {
          const out = join(folder, `out-${runs++}`)
          await mkdir(out)
          const report = { progress() {}, log() {}, warn() {} }
          const { signal } = new AbortController()
          const context = { id: 'f', params, settings: {}, inputs, files: {}, out, checkpoints: out, engine: 'cpu' }
          const { metrics } = await runKind(kind as StageKind, { ...context, report, signal })
          const rows = await readVerdicts(out)
          const expected = recomputed(rows)
          assert.equal(metrics, Object.fromEntries(Object.keys(metrics).map(name => [name, expected[name]])))
          assert.ok('precision' in metrics && 'f1' in metrics)

          const samples = await readIndex(data)
          const facts = ({ key, split, group, overhead = null }: Row) => ({ key, split, group, overhead })
          assert.equal(
            rows.map(facts),
            samples.map(sample => facts({ ...sample })),
          )
          const kept = rows.filter(row => row.kept)
          assert.equal(
            kept.map(row => row.key),
            (await readIndex(out)).map(sample => sample.key),
          )
          for (const row of rows) assert.is(row.reason === null, row.kept)
          checkScores(kind, { rows, params })
        }),
        { seed: 11, numRuns: 6 },
      )
    }))

/** The scores of a row decide as its verdict says. */
function checkScores(kind: string, { rows, params }: { rows: readonly Row[]; params: AnyContext['params'] }): void {
  const byKey = new Map(rows.map(row => [row.key, row]))
  for (const row of rows) {
    const { distance, twin, against, probability, labelled, reason, kept } = row
    switch (kind) {
      case 'dedup':
      case 'decontaminate':
        assert.is(twin === null, kept)
        assert.is(typeof distance === 'number' && distance <= Number(params.distance), !kept)
        if (kind === 'dedup' && !kept) assert.is(byKey.get(twin)?.kept, true)
        // Every third image of the evaluation dataset is in its test split, the first of the two that are named.
        if (kind === 'decontaminate' && !kept)
          assert.is(against, Number(String(twin).replace('other-', '')) % 3 === 0 ? 0 : 1)
        break
      case 'classifier':
        assert.is(typeof labelled, 'boolean')
        assert.is(probability === null, labelled)
        assert.is(kept, labelled ? row.overhead : Number(probability) >= Number(params.threshold))
        break
      case 'rules':
        assert.is(reason === 'image too small', Number(row.width) < Number(params.min_side))
        if (reason === 'image blank') assert.ok(Number(row.contrast) < Number(params.min_contrast))
        if (String(reason).startsWith('blocked')) assert.is(reason, `blocked word "${row.blocked_word}"`)
        if (reason === 'text too short') assert.ok(Number(row.words) < Number(params.min_words))
        if (kept) assert.ok(Number(row.captions_dropped) < 2 && row.aspect === 1)
        break
      default:
        throw new Error(`No scores of ${kind} are checked`)
    }
  }
}

test('a record is written a group of rows at a time, and equal rows give equal bytes', () =>
  inTempFolder(async folder => {
    const columns = stageDefinitions.get('dedup')?.records?.['verdicts.parquet'] ?? {}
    const paths = ['a', 'b'].map(name => join(folder, `${name}.parquet`))
    for (const path of paths) {
      const record = createRecord(path, columns)
      for (let i = 0; i < 45_000; i++) record.add({ key: `k${i}`, kept: i % 2 === 0, distance: i % 5 })
      record.close()
    }
    const [a, b] = await Promise.all(paths.map(path => asyncBufferFromFile(path)))
    assert.ok(a && b)
    const { row_groups, num_rows } = await parquetMetadataAsync(a)
    assert.equal([num_rows, ...row_groups.map(group => group.num_rows)], [45_000n, 20_000n, 20_000n, 5000n])
    const [last] = await parquetReadObjects({ file: a, rowStart: 44_999 })
    assert.equal(last, {
      ...Object.fromEntries(Object.keys(columns).map(name => [name, null])),
      key: 'k44999',
      kept: false,
      distance: 4,
    })
    assert.equal(new Uint8Array(await a.slice(0)), new Uint8Array(await b.slice(0)))
  }))

test.run()
