/** Locations of a mask in its tile, in a word: captions say them and tests check them. */

/** Compass directions, from north clockwise. */
const compass = ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'] as const

/**
 * Locations of the set pixels of a mask. `nowhere`: in less than a hundredth of the tile; `everywhere`: in more than
 * 99. `all round`: on every side of a middle that is mostly free of it. `north to south` and `west to east`: a band through the middle.
 */
export const maskLocations = [
  ...compass,
  'nowhere',
  'everywhere',
  'centre',
  'all round',
  'east and west',
  'north and south',
  'north to south',
  'west to east',
  'scattered',
] as const

/** One of {@link maskLocations}. */
export type MaskLocation = (typeof maskLocations)[number]

/** Difference of shares between parts of a tile from which they count as different. */
const CONTRAST = 0.3

/** Share that must lie on the side that a direction names, or in the middle. */
const MOST = 0.75

/** Locates the non-zero pixels of a square mask, by the shares of its three rows by three columns. */
export function locateMask(mask: Uint8Array): MaskLocation {
  const cells = cellShares(mask)
  const mean = (...which: readonly number[]) => which.reduce((sum, i) => sum + (cells[i] ?? 0), 0) / which.length
  const share = mask.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0) / mask.length
  if (share < 0.01) return 'nowhere'
  if (share > 0.99) return 'everywhere'
  const centre = mean(4)
  const [top, right, bottom, left] = [mean(0, 1, 2), mean(2, 5, 8), mean(6, 7, 8), mean(0, 3, 6)]
  const around = [mean(1), mean(3), mean(5), mean(7)]
  if (Math.min(...around) - centre >= CONTRAST) return 'all round'
  if (centre - Math.max(...around) >= CONTRAST || shareInMiddle(mask) >= MOST) return 'centre'
  const [north, east] = [top - bottom, right - left]
  const slope = Math.sqrt(north * north + east * east)
  if (slope >= Math.max(0.06, 0.75 * Math.min(share, 1 - share))) {
    const eighth = (Math.round(Math.atan2(east, north) / (Math.PI / 4)) + 8) % 8
    if (shareTowards(mask, (eighth * Math.PI) / 4) >= MOST) return compass[eighth] ?? 'scattered'
  }
  const [row, column] = [mean(3, 4, 5), mean(1, 4, 7)]
  if (Math.min(top, bottom) - row >= CONTRAST) return 'north and south'
  if (Math.min(left, right) - column >= CONTRAST) return 'east and west'
  if (row - Math.max(top, bottom) >= CONTRAST) return 'west to east'
  if (column - Math.max(left, right) >= CONTRAST) return 'north to south'
  return 'scattered'
}

/**
 * Measures how well a direction (radians from north, clockwise) separates set pixels from others: the share of the set
 * pixels that lies on its side of the middle or, where most are set, the share of the others on the far side.
 */
function shareTowards(mask: Uint8Array, direction: number): number {
  const size = Math.sqrt(mask.length)
  const [east, north] = [Math.sin(direction), Math.cos(direction)]
  const [near, far] = [
    { set: 0, unset: 0 },
    { set: 0, unset: 0 },
  ]
  for (let pixel = 0; pixel < mask.length; pixel++) {
    const [x, y] = [(pixel % size) - (size - 1) / 2, (size - 1) / 2 - Math.floor(pixel / size)]
    const side = x * east + y * north > 0 ? near : far
    side[mask[pixel] ? 'set' : 'unset'] += 1
  }
  const [set, unset] = [near.set + far.set, near.unset + far.unset]
  return set <= unset ? near.set / set : far.unset / unset
}

/** Share of the set pixels that lies in the middle half of rows and columns. */
function shareInMiddle(mask: Uint8Array): number {
  const size = Math.sqrt(mask.length)
  const isMiddle = (position: number) => Math.abs(position - (size - 1) / 2) <= size / 4
  let [middle, all] = [0, 0]
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if (!mask[pixel]) continue
    all += 1
    if (isMiddle(pixel % size) && isMiddle(Math.floor(pixel / size))) middle += 1
  }
  return middle / all
}

/** Share of set pixels in each of nine cells, row by row. */
function cellShares(mask: Uint8Array): readonly number[] {
  const size = Math.sqrt(mask.length)
  const [set, all] = [new Array<number>(9).fill(0), new Array<number>(9).fill(0)]
  for (let pixel = 0; pixel < mask.length; pixel++) {
    const cell = 3 * Math.floor((3 * Math.floor(pixel / size)) / size) + Math.floor((3 * (pixel % size)) / size)
    all[cell] = (all[cell] ?? 0) + 1
    if (mask[pixel]) set[cell] = (set[cell] ?? 0) + 1
  }
  return set.map((count, cell) => count / (all[cell] ?? 1))
}
