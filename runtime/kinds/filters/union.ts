/** Stage `union`: several datasets as one. */
import { hash } from 'node:crypto'
import { joinDatasets, readIndex } from '../../data/dataset.ts'
import type { Sample } from '../../data/sample.ts'
import type { StageContext, StageResult } from '../context.ts'
import type { Exhibit } from '../exhibit.ts'

/** A dataset that is joined. */
interface Joined {
  readonly name: string
  readonly folder: string
  readonly split?: string | undefined
  readonly samples: readonly Sample[]
}

/**
 * Joins the inputs, in their order, over hard links of their shards. Metrics: `samples`, and `renamed`, those whose key
 * another dataset has, too.
 */
export async function run({ params, inputs, out, signal }: StageContext<'union'>): Promise<StageResult> {
  const joined: Joined[] = []
  for (const [index, { folder, split }] of inputs.data.entries()) {
    signal.throwIfAborted()
    const name = params.names[index] ?? String(index)
    joined.push({ name, folder, split, samples: await readIndex(folder, split) })
  }
  const keys = newKeys(joined)
  const hasSplits = joined.some(({ samples }) => samples.some(({ split }) => split !== ''))
  const changed =
    ({ name }: Joined, index: number) =>
    (sample: Sample): Sample => {
      const key = keys[index]?.get(sample.key) ?? sample.key
      return {
        ...sample,
        key,
        split: sample.split === '' && hasSplits ? 'train' : sample.split,
        // A group that is the sample alone does not become that of another dataset.
        group: sample.group === sample.key ? key : sample.group,
        facts: { dataset: name, ...sample.facts },
      }
    }
  await joinDatasets(
    joined.map((one, index) => ({ folder: one.folder, split: one.split, change: changed(one, index) })),
    out,
  )
  const samples = joined.reduce((sum, one) => sum + one.samples.length, 0)
  const renamed = keys.reduce((sum, own) => sum + own.size, 0)
  const told = renamed === 0 ? '' : `, ${renamed.toLocaleString('en')} keys renamed`
  return {
    metrics: { samples, renamed },
    summary: `${samples.toLocaleString('en')} samples of ${joined.length} datasets${told}`,
    exhibits: [countsTable(joined, hasSplits)],
  }
}

/** New keys by old ones, for each dataset: those that several datasets have. */
function newKeys(joined: readonly Joined[]): readonly ReadonlyMap<string, string>[] {
  const counts = new Map<string, number>()
  for (const { samples } of joined) for (const { key } of samples) counts.set(key, (counts.get(key) ?? 0) + 1)
  const taken = new Set(counts.keys())
  return joined.map(({ name, samples }) => {
    const renamed = new Map<string, string>()
    for (const { key } of samples) {
      if (counts.get(key) === 1) continue
      const free = freeKey(`${name}-${key}`, taken)
      taken.add(free)
      renamed.set(key, free)
    }
    return renamed
  })
}

/** Keys name files: they have at most 64 characters. */
const longestKey = 64

function freeKey(wanted: string, taken: ReadonlySet<string>): string {
  for (let attempt = 0; ; attempt++) {
    const digest = hash('sha256', `${attempt} ${wanted}`).slice(0, 8)
    const key = attempt === 0 && wanted.length <= longestKey ? wanted : `${wanted.slice(0, longestKey - 9)}-${digest}`
    if (!taken.has(key)) return key
  }
}

function countsTable(joined: readonly Joined[], hasSplits: boolean): Exhibit {
  const count = (samples: readonly Sample[], isMeant: (sample: Sample) => boolean) => samples.filter(isMeant).length
  return {
    kind: 'table',
    title: 'Samples by dataset',
    columns: ['Dataset', 'Samples', 'Train', 'Val', 'Test', 'Labelled overhead', 'Labelled no overhead view'],
    rows: joined.map(({ name, split, samples }) => [
      split === undefined ? name : `${name}.${split}`,
      samples.length,
      count(samples, sample => sample.split === 'train' || (hasSplits && sample.split === '')),
      count(samples, sample => sample.split === 'val'),
      count(samples, sample => sample.split === 'test'),
      count(samples, sample => sample.overhead === true),
      count(samples, sample => sample.overhead === false),
    ]),
  }
}
