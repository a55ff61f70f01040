/** The end of every filter stage: the kept samples as a dataset, the verdicts on all, and the exhibits of the filter. */
import { join } from 'node:path'
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { verdictColumns } from '../../../dsl/kinds/filters/verdicts.ts'
import type { RecordColumns, RecordRow } from '../../../dsl/kinds/records.ts'
import type { Intervals } from '../../../dsl/values/interval.ts'
import { deriveDataset, readSamples } from '../../data/dataset.ts'
import { createTally } from '../../data/filters/score.ts'
import { createRecord } from '../../data/record_table.ts'
import type { Sample, SampleFiles } from '../../data/sample.ts'
import { collectDecisions, type DecisionCollector } from '../../evaluate/filter_intervals.ts'
import type { InputFolder, StageResult, StageSurroundings } from '../context.ts'
import type { Exhibit } from '../exhibit.ts'
import { createFigures } from '../figures.ts'
import { recordIntervals, unitOf } from '../intervals.ts'
import { createReasons, evenExamples, type ReasonGroup } from './reasons.ts'

/** The context of any filter. */
export type FilterContext = Pick<StageSurroundings, 'out'> & { readonly inputs: { readonly data: InputFolder } }

/** The decision of a filter on a sample; `Scores` are the columns that the filter's definition declares. */
export interface Verdict<Scores extends RecordColumns = RecordColumns> {
  /** As it is handed on: a filter may drop some of its captions. */
  readonly sample: Sample
  /** The reason that it is dropped; undefined if it is kept. Equal reasons have equal texts: they are counted. */
  readonly dropped?: string | undefined
  /** The numbers and names that decided; those that are absent are empty cells. */
  readonly scores?: RecordRow<Scores>
  /** True if the filter was shown the sample's human label, which then measures nothing. @default false */
  readonly isShown?: boolean
  /** Said of this sample alone: a probability, a twin. */
  readonly remark?: string
}

/** The verdicts of a filter, one for each sample of its input in the order of the index. */
export interface FilterVerdicts<Scores extends RecordColumns> {
  /** Columns of the scores, from the filter's definition. */
  readonly scores: Scores
  readonly verdicts: AsyncIterable<Verdict<Scores>> | Iterable<Verdict<Scores>>
  /** Gives the metric `accuracy`, too. @default false */
  readonly hasAccuracy?: boolean
}

const keptShown = 12
const droppedShown = 24

/**
 * Writes what is kept and the verdicts, and reports.
 *
 * Metrics: `kept`, `dropped`, and where samples carry human labels that the filter has not been shown `precision`,
 * `recall` and `f1` of the kept ones as shares, with intervals, all over the filter's own input. Throws where nothing is kept.
 */
export async function concludeFilter<Scores extends RecordColumns>(
  context: FilterContext,
  { scores, verdicts, hasAccuracy = false }: FilterVerdicts<Scores>,
): Promise<StageResult> {
  const record = createRecord<RecordColumns>(join(context.out, 'verdicts.parquet'), { ...verdictColumns, ...scores })
  const handedOn: Sample[] = []
  const labelled = createTally()
  const decisions = collectDecisions()
  const reasons = createReasons<Verdict>(droppedShown)
  let count = 0
  for await (const verdict of verdicts) {
    const { sample, dropped, isShown = false } = verdict
    const { key, split, group, overhead } = sample
    const kept = dropped === undefined
    record.add({ key, split, group, overhead, kept, reason: dropped, ...verdict.scores })
    if (kept) handedOn.push(sample)
    if (overhead !== undefined && !isShown) {
      labelled.add({ kept, wanted: overhead })
      decisions.add(unitOf(sample), { kept, wanted: overhead })
    }
    reasons.add(dropped, verdict)
    count += 1
  }
  record.close()
  const groups = reasons.groups()
  if (handedOn.length === 0) throw noneKept(groups, count)
  await deriveDataset(context.inputs.data.folder, context.out, handedOn)
  const { precision, recall, f1, accuracy, count: labels } = labelled.score()
  const measured = { precision, recall, f1, ...(hasAccuracy && { accuracy }) }
  return {
    metrics: {
      ...{ kept: handedOn.length, dropped: count - handedOn.length },
      ...(labels > 0 && measured),
    },
    ...(labels > 0 && { intervals: measuredIntervals(context.out, { decisions, names: Object.keys(measured) }) }),
    summary: `${handedOn.length.toLocaleString('en')} kept of ${count.toLocaleString('en')}`,
    exhibits: [await examples(context, groups), reasonTable(groups, { count, hasLabels: labels > 0 })],
  }
}

function measuredIntervals(
  out: string,
  { decisions, names }: { readonly decisions: DecisionCollector; readonly names: readonly string[] },
): Intervals {
  const { intervals } = recordIntervals(out, decisions.finish())
  return Object.fromEntries(Object.entries(intervals).filter(([name]) => names.includes(name)))
}

function noneKept(groups: readonly ReasonGroup<Verdict>[], count: number): UserFault {
  const dropped = byCount(groups).map(({ reason, count }) => `${reason} (${count.toLocaleString('en')})`)
  return new UserFault(`None of ${count.toLocaleString('en')} samples is kept: ${dropped.join(', ')}`, {
    hint: 'loosen what drops them',
  })
}

/** Some kept and some dropped samples, of each reason in turn. */
async function examples(context: FilterContext, groups: readonly ReasonGroup<Verdict>[]): Promise<Exhibit> {
  const chosen = new Map<string, Verdict>()
  const kept = groups.filter(({ reason }) => reason === undefined)
  const dropped = groups.filter(({ reason }) => reason !== undefined)
  for (const verdict of [...evenExamples(kept, keptShown), ...evenExamples(dropped, droppedShown)])
    chosen.set(verdict.sample.key, verdict)
  const files = new Map<string, SampleFiles>()
  const { folder, split } = context.inputs.data
  for await (const sample of readSamples(folder, split)) if (chosen.has(sample.key)) files.set(sample.key, sample)
  const shown = [...chosen].flatMap(([key, { dropped, remark }]) => {
    const sample = files.get(key)
    if (sample === undefined) return []
    const lines = [sample.captions[0] ?? '', ...(remark === undefined ? [] : [remark])]
    const tag =
      dropped === undefined ? { text: 'kept', tone: 'good' as const } : { text: dropped, tone: 'bad' as const }
    return [{ sample, figure: { lines, tag } }]
  })
  return { kind: 'figures', title: 'Kept and dropped', items: await createFigures(context.out, shown) }
}

const byCount = <Judged>(groups: readonly ReasonGroup<Judged>[]): readonly ReasonGroup<Judged>[] =>
  groups.toSorted((a, b) => b.count - a.count)

function reasonTable(
  groups: readonly ReasonGroup<Verdict>[],
  { count, hasLabels }: { readonly count: number; readonly hasLabels: boolean },
): Exhibit {
  return {
    kind: 'table',
    title: 'Samples by reason',
    columns: ['Reason', 'Samples', 'Share', ...(hasLabels ? ['Labelled overhead'] : [])],
    rows: byCount(groups).map(group => [
      group.reason ?? 'kept',
      group.count,
      `${((100 * group.count) / count).toFixed(1)} %`,
      ...(hasLabels ? [group.overhead] : []),
    ]),
  }
}
