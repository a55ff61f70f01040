/** Names of the colours that overhead views show. */

/** Colour names, as captions say them. */
export const colours = [
  'white',
  'grey',
  'black',
  'dark blue',
  'blue',
  'dark green',
  'green',
  'olive',
  'tan',
  'brown',
  'reddish',
] as const

/** One of {@link colours}. */
export type Colour = (typeof colours)[number]

/** Names a colour; channels are 0 to 255. Bounds were set by eye on Blue Marble tiles. */
export function nameColour(red: number, green: number, blue: number): Colour {
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)]
  const spread = most - least
  if (least > 150 && spread < 0.25 * most) return most > 200 ? 'white' : 'grey'
  if (blue === most && blue - red > 14 && spread > 0.2 * most) return blue < 85 ? 'dark blue' : 'blue'
  if (most < 32) return 'black'
  if (blue === most || spread < 0.13 * most) return most > 60 ? 'grey' : 'black'
  // From here on red or green leads; the hue runs from 0 (red) over 60 (yellow) to 120 (green).
  const hue = green >= red ? 120 - (60 * (red - least)) / spread : (60 * (green - least)) / spread
  if (hue >= 52) return most < 48 ? 'dark green' : 'green'
  if (most < 48) return hue >= 40 ? 'dark green' : 'brown'
  if (hue >= 41 && most < 110) return 'olive'
  if (hue < 24 && spread > 0.4 * most) return 'reddish'
  return most >= 145 ? 'tan' : 'brown'
}
