/**
 * Lettering for drawn pictures. System fonts differ between machines and may be absent; these 5 x 7 letters make the
 * same seed give the same picture everywhere.
 */

/** Seven rows of each letter, top to bottom; a row is a base-32 digit whose bits are pixels, left to right. */
const glyphs: { readonly [letter: string]: string } = {
  ...{ A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhe', H: 'hhhvhhh' },
  ...{ I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh', O: 'ehhhhhe', P: 'uhhuggg' },
  ...{ Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe', V: 'hhhhha4', W: 'hhhllla', X: 'hha4ahh' },
  ...{ Y: 'hha4444', Z: 'v1248gv', 0: 'ehjlphe', 1: '4c4444e', 2: 'eh1248v', 3: 'v2421he', 4: '26aiv22', 5: 'vgu11he' },
  ...{ 6: '68guhhe', 7: 'v124888', 8: 'ehhehhe', 9: 'ehhf12c', '.': '00000cc', ',': '0000c48', '-': '000v000' },
  ...{ '%': 'op248j3', '/': '01248g0', ':': '0cc0cc0', "'": 'c480000', '(': '2488842', ')': '8422248', '?': 'eh12404' },
}

/** Place and style of lettering. */
export interface Lettering {
  /** Left end of the line, or its middle where `centred`. */
  readonly x: number
  readonly top: number
  /** Height of capitals in pixels. */
  readonly height: number
  readonly fill: string
  readonly opacity?: number
  readonly centred?: boolean
}

/** Width of a line of lettering in pixels. */
const letteringWidth = (text: string, height: number): number => (text.length * 6 - 1) * (height / 7)

/** An SVG path of one line; letters without a drawing, such as accented ones, lose their accents or are left blank. */
export function lettering(text: string, { x, top, height, fill, opacity = 1, centred = false }: Lettering): string {
  const dot = height / 7
  const left = centred ? x - letteringWidth(text, height) / 2 : x
  const plain = text.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()
  const dots = [...plain].flatMap((letter, position) =>
    [...(glyphs[letter] ?? '')].flatMap((row, y) =>
      [0, 1, 2, 3, 4]
        .filter(column => (Number.parseInt(row, 32) >> (4 - column)) & 1)
        .map(column => `M${fixed(left + (position * 6 + column) * dot)} ${fixed(top + y * dot)}${square(dot)}`),
    ),
  )
  return `<path d="${dots.join('')}" fill="${fill}" fill-opacity="${opacity}"/>`
}

const square = (side: number): string => `h${fixed(side)}v${fixed(side)}h-${fixed(side)}z`

const fixed = (value: number): string => value.toFixed(2)
