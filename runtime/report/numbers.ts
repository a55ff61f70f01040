/** Numbers as the report and the terminal print them. */

let grouped: Intl.NumberFormat | undefined

/** A number on its own: whole ones grouped by thousands, others with two decimals, small ones with two digits. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1000) return minus(String(value))
  // Made when it is needed: it takes 10 ms.
  grouped ??= new Intl.NumberFormat('en', { useGrouping: true, maximumFractionDigits: 0 })
  if (Number.isInteger(value)) return minus(grouped.format(value))
  return fixed(value, decimalsOf([value]))
}

/** Numbers of one column: all whole, or all with as many decimals. */
export function formatColumn(values: readonly number[]): (value: number) => string {
  if (values.every(Number.isInteger)) return formatNumber
  const decimals = decimalsOf(values)
  return value => fixed(value, decimals)
}

/** Two decimals; more where even the largest is below 0.1. */
function decimalsOf(values: readonly number[]): number {
  const largest = Math.max(...values.map(Math.abs))
  return largest > 0 && largest < 0.1 ? Math.min(8, 1 - Math.floor(Math.log10(largest))) : 2
}

const fixed = (value: number, decimals: number): string =>
  minus(new Intl.NumberFormat('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value))

const minus = (text: string): string => text.replace('-', '\u2212')

/** Metrics that evaluations give in percent. */
const percentName = /^(i2t_r|t2i_r|top)\d+$|^mean_|^(iou|image_iou|pointing|ap)_/

/** A metric by its name: percent always has two decimals. */
export const formatMetric = (name: string, value: number): string =>
  percentName.test(name) ? fixed(value, 2) : formatNumber(value)

/** A duration: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** A size: `312 B`, `4.0 KiB`, `1.3 GiB`. */
export function formatBytes(bytes: number): string {
  const step = Math.min(4, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const unit = ['B', 'KiB', 'MiB', 'GiB', 'TiB'][step]
  return `${(bytes / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${unit}`
}
