/** Spellings of quantities. */

const countUnits: { readonly [suffix: string]: number } = { '': 1, k: 1e3, M: 1e6, G: 1e9 }
const timeUnits: { readonly [suffix: string]: number } = { s: 1, m: 60, h: 3600 }
const byteUnits: { readonly [suffix: string]: number } = { MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }
const distanceUnits: { readonly [suffix: string]: number } = { m: 1, km: 1000 }

/** `1.5M` -> 1500000. The spelling is valid. */
export const parseCount = (text: string): number => Math.round(scaled(text, countUnits))

/** `800km` -> 800000, in metres. The spelling is valid. */
export const parseMetres = (text: string): number => scaled(text, distanceUnits)

/** `5m` -> 300, in seconds. The spelling is valid. */
export const parseSeconds = (text: string): number => scaled(text, timeUnits)

/** `80GiB` -> 85899345920. The spelling is valid. */
export const parseBytes = (text: string): number => Math.round(scaled(text, byteUnits))

function scaled(text: string, units: { readonly [suffix: string]: number }): number {
  const [, digits, suffix = ''] = /^([0-9.]+)([a-zA-Z]*)$/.exec(text) ?? []
  return Number(digits) * (units[suffix] ?? Number.NaN)
}
