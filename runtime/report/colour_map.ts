/** Magma, the perceptual colour map of Matplotlib (Smith and van der Walt, CC0): even steps, from dark to light. */

const stops = [
  '000004',
  '180f3e',
  '451077',
  '721f81',
  '9f2f7f',
  'cd4071',
  'f1605d',
  'fd9567',
  'fec98d',
  'fcfdbf',
] as const

const channels = stops.map(stop => [0, 2, 4].map(start => Number.parseInt(stop.slice(start, start + 2), 16)))

/** Colour of a value: red, green, blue (0 to 255) for every level from 0 to 255: [256, 3]. */
export const magma: Uint8Array = Uint8Array.from({ length: 256 * 3 }, (_, index) => {
  const position = (Math.floor(index / 3) / 255) * (stops.length - 1)
  const below = Math.min(Math.floor(position), stops.length - 2)
  const low = channels[below]?.[index % 3] ?? 0
  const high = channels[below + 1]?.[index % 3] ?? 0
  return Math.round(low + (position - below) * (high - low))
})

/** The colour map as a CSS gradient, low to high. */
export const magmaGradient = `linear-gradient(to right, ${stops.map(stop => `#${stop}`).join(', ')})`
