/** The end of every filter stage: the kept samples as a dataset, and the exhibits of the filter. */
import { deriveDataset, readSamples } from '../../data/dataset.ts'
import { score } from '../../data/filters/score.ts'
import type { Sample, SampleFiles } from '../../data/sample.ts'
import type { InputFolder, StageResult, StageSurroundings } from '../context.ts'
import type { Exhibit } from '../exhibit.ts'
import { createFigures } from '../figures.ts'

/** The context of any filter. */
export type FilterContext = Pick<StageSurroundings, 'out'> & { readonly inputs: { readonly data: InputFolder } }

/** The decision of a filter on a sample. */
export interface Verdict {
  /** As it is handed on: a filter may drop some of its captions. */
  readonly sample: Sample
  /** The reason that it is dropped; undefined if it is kept. Equal reasons have equal texts: they are counted. */
  readonly dropped?: string | undefined
  /** Said of this sample alone: a probability, a twin. */
  readonly remark?: string
}

const keptShown = 12
const droppedShown = 24

/**
 * Writes what is kept and reports.
 *
 * Metrics: `kept`, `dropped`, and where samples carry human labels `precision`, `recall` and `f1` of the kept ones
 * as shares, all over the filter's own input. Throws where nothing is kept.
 */
export async function concludeFilter(context: FilterContext, verdicts: readonly Verdict[]): Promise<StageResult> {
  const input = context.inputs.data
  const kept = verdicts.filter(verdict => verdict.dropped === undefined)
  await deriveDataset(
    input.folder,
    context.out,
    kept.map(verdict => verdict.sample),
  )
  const labelled = verdicts.flatMap(({ sample, dropped }) =>
    sample.overhead === undefined ? [] : [{ kept: dropped === undefined, wanted: sample.overhead }],
  )
  const { precision, recall, f1 } = score(labelled)
  const dropped = verdicts.length - kept.length
  return {
    metrics: { kept: kept.length, dropped, ...(labelled.length === 0 ? {} : { precision, recall, f1 }) },
    summary: `${kept.length.toLocaleString('en')} kept of ${verdicts.length.toLocaleString('en')}`,
    exhibits: [await examples(context, verdicts), reasons(verdicts)],
  }
}

/** Some kept and some dropped samples, of each reason in turn. */
async function examples(context: FilterContext, verdicts: readonly Verdict[]): Promise<Exhibit> {
  const chosen = new Map<string, Verdict>()
  for (const verdict of spread(verdicts, verdict => verdict.dropped === undefined, keptShown)) {
    chosen.set(verdict.sample.key, verdict)
  }
  for (const verdict of spread(verdicts, verdict => verdict.dropped !== undefined, droppedShown)) {
    chosen.set(verdict.sample.key, verdict)
  }
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

/** Up to `most` verdicts: of each reason the same number, evenly over the dataset. */
function spread(verdicts: readonly Verdict[], isMeant: (verdict: Verdict) => boolean, most: number): Verdict[] {
  const groups = byReason(verdicts.filter(isMeant))
  const share = Math.floor(most / Math.max(1, groups.size)) || 1
  return [...groups.values()].flatMap(group => {
    const step = Math.ceil(group.length / share)
    return group.filter((_, i) => i % step === 0)
  })
}

function byReason(verdicts: readonly Verdict[]): ReadonlyMap<string, readonly Verdict[]> {
  const groups = new Map<string, Verdict[]>()
  for (const verdict of verdicts) {
    const reason = verdict.dropped ?? 'kept'
    const group = groups.get(reason)
    if (group === undefined) groups.set(reason, [verdict])
    else group.push(verdict)
  }
  return groups
}

function reasons(verdicts: readonly Verdict[]): Exhibit {
  const hasLabels = verdicts.some(({ sample }) => sample.overhead !== undefined)
  const groups = [...byReason(verdicts)].sort((a, b) => b[1].length - a[1].length)
  return {
    kind: 'table',
    title: 'Samples by reason',
    columns: ['Reason', 'Samples', 'Share', ...(hasLabels ? ['Overhead by human label'] : [])],
    rows: groups.map(([reason, group]) => [
      reason,
      group.length,
      `${((100 * group.length) / verdicts.length).toFixed(1)} %`,
      ...(hasLabels ? [group.filter(({ sample }) => sample.overhead === true).length] : []),
    ]),
  }
}
