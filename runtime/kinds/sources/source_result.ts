/** The result of a source stage, for a source made as a whole or in parts. */
import { DataFault, UserFault } from '../../../dsl/diagnostics/faults.ts'
import type { SampleFiles } from '../../data/sample.ts'
import type { Exhibit } from '../exhibit.ts'
import { createFigures } from '../figures.ts'

/** Images that are shown of a source. */
export const shownSamples = 12
/** Faults whose reasons are told when a source fails. */
export const toldInFailure = 5

/** File of a result that counts what is no data of the source: a line for each reason. */
export const leftOutItems = 'left_out.jsonl'

/** One line on a source, by its metrics and the number of files and rows that are no data. */
export function sourceSummary(
  { samples = 0, captions = 0, corrupt = 0 }: { readonly [name: string]: number },
  leftOut = 0,
): string {
  const skipped = corrupt === 0 ? '' : `, ${corrupt.toLocaleString('en')} skipped`
  const others = leftOut === 0 ? '' : `, ${leftOut.toLocaleString('en')} left out`
  return `${samples.toLocaleString('en')} images, ${captions.toLocaleString('en')} captions${skipped}${others}`
}

/** The first images of a source, with their captions. */
export async function firstImages(out: string, shown: readonly SampleFiles[]): Promise<Exhibit> {
  const figures = shown.map(sample => ({ sample, figure: { lines: [...sample.captions] } }))
  return { kind: 'figures', title: 'The first images', items: await createFigures(out, figures) }
}

/** The fault of a source that gives no samples; it says what was found there. */
export function noSamples(
  name: string,
  found: { readonly corrupt: number; readonly missing: number; readonly leftOut: number },
): UserFault {
  const parts = [
    ...(found.corrupt > 0 ? [`${found.corrupt.toLocaleString('en')} corrupt`] : []),
    ...(found.missing > 0 ? [`${found.missing.toLocaleString('en')} rows without an image`] : []),
    ...(found.leftOut > 0 ? [`${found.leftOut.toLocaleString('en')} files or rows left out`] : []),
  ]
  return new UserFault(`No samples were made of source '${name}': it holds ${parts.join(', ') || 'nothing'}`, {
    hint: 'name other files or check the parameters of the source',
  })
}

/** The fault of a source with more faults than it may have; names the first. */
export function tooMany(count: number, most: number, reasons: readonly string[]): Error {
  if (count === 1) return new DataFault(`${reasons[0]} (1 corrupt so far; max_corrupt allows ${most})`)
  const list = reasons
    .slice(0, toldInFailure)
    .map(reason => `\n  ${reason}`)
    .join('')
  const allowed = `max_corrupt allows ${most.toLocaleString('en')}`
  return new DataFault(
    `${count.toLocaleString('en')} images or records are corrupt, and ${allowed}; mend them or raise it. The first:${list}`,
  )
}
