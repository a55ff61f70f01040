/** Changes that the web makes to a picture: colours, softness, frames, watermarks, compression. */
import sharp from 'sharp'
import type { Raster } from '../image.ts'
import type { Random } from '../random.ts'
import { type ImageSize, rectangle, svg } from './charts.ts'
import { lettering } from './lettering.ts'

/** Changes of a picture, all chosen beforehand so that a copy can share them. */
export interface ImageTone {
  readonly brightness: number
  readonly saturation: number
  /** Degrees. */
  readonly hue: number
  readonly contrast: number
  /** Standard deviation in pixels; below 0.3 the picture stays sharp. */
  readonly blur: number
  /** Added to red and taken from blue, in grey values. */
  readonly warmth: number
  readonly frame: 'none' | 'line' | 'margin' | 'bar'
  readonly frameFill: string
  /** Empty: none. */
  readonly watermark: string
  /** Soft white patches: centres and radii as shares of the width. */
  readonly clouds: readonly { readonly x: number; readonly y: number; readonly r: number }[]
}

/** Chooses changes: most are mild, some pictures are grey, tinted or washed out. `sky`: clouds may hang over it. */
export function chooseImageTone(random: Random, { sky }: { readonly sky: boolean }): ImageTone {
  const grey = random.chance(0.07)
  const strong = random.chance(0.25) ? 1.7 : 1
  return {
    brightness: 1 + random.between(-0.16, 0.2) * strong,
    saturation: grey ? 0 : 1 + random.between(-0.35, 0.5) * strong,
    hue: Math.round(random.between(-10, 10) * strong),
    contrast: 1 + random.between(-0.18, 0.25) * strong,
    blur: random.chance(0.3) ? random.between(0.3, 1.1) : 0,
    warmth: random.between(-8, 10) * strong,
    frame: random.chance(0.14) ? random.pick(['line', 'margin', 'bar'] as const) : 'none',
    frameFill: random.pick(['#ffffff', '#ffffff', '#000000', '#dddddd', '#20405f']),
    watermark: random.chance(0.1)
      ? random.pick(['STOCK', 'PREVIEW', 'NASA', '2014', 'SAMPLE', 'C. 2009', 'GEO.NET', 'FIG. 3'])
      : '',
    clouds:
      sky && random.chance(0.07)
        ? Array.from({ length: 10 + random.below(30) }, () => ({
            x: random.next(),
            y: random.next(),
            r: random.between(0.02, 0.13),
          }))
        : [],
  }
}

/** Applies a tone and encodes as JPEG at the given size. */
export async function applyTone(raster: Raster, tone: ImageTone, { size, quality }: ToneOutput): Promise<Uint8Array> {
  const { data, width, height, channels } = raster
  const { contrast, warmth } = tone
  const lift = 128 * (1 - contrast)
  const toned = sharp(data, { raw: { width, height, channels } })
    .toColourspace('srgb')
    .modulate({ brightness: Math.max(0.4, tone.brightness), saturation: Math.max(0, tone.saturation), hue: tone.hue })
    .linear([contrast, contrast, contrast], [lift + warmth, lift, lift - warmth])
  const soft = tone.blur >= 0.3 ? toned.blur(tone.blur) : toned
  const overlay = overlayOf(tone, { width, height })
  const marked = overlay === undefined ? soft : soft.composite([{ input: Buffer.from(overlay) }])
  const plain = marked.removeAlpha()
  // Overlays are laid on at the drawn size, so scaling needs a second pass.
  const final =
    size.width === width && size.height === height
      ? plain
      : sharp(await plain.raw().toBuffer(), { raw: { width, height, channels: 3 } }).resize({ ...size, fit: 'fill' })
  return final.jpeg({ quality, chromaSubsampling: quality < 70 ? '4:2:0' : '4:4:4' }).toBuffer()
}

/** Size and quality of the encoded picture. */
export interface ToneOutput {
  readonly size: ImageSize
  /** JPEG quality from 1 to 100. */
  readonly quality: number
}

function overlayOf({ frame, frameFill, watermark, clouds }: ImageTone, size: ImageSize): string | undefined {
  const { width: w, height: h } = size
  const shapes: string[] = []
  if (clouds.length > 0) {
    const stops =
      '<stop offset="0" stop-color="#fff" stop-opacity="0.6"/><stop offset="1" stop-color="#fff" stop-opacity="0"/>'
    shapes.push(`<defs><radialGradient id="c">${stops}</radialGradient></defs>`)
    for (const { x, y, r } of clouds) shapes.push(`<circle cx="${x * w}" cy="${y * h}" r="${r * w}" fill="url(#c)"/>`)
  }
  if (watermark !== '') {
    const look = { fill: '#fff', opacity: 0.7, height: Math.max(5, h * 0.08) }
    shapes.push(lettering(watermark, { ...look, x: w * 0.06, top: h * 0.84 }))
  }
  const edge = (share: number) => Math.max(1, Math.round(Math.min(w, h) * share))
  switch (frame) {
    case 'none':
      break
    case 'bar':
      shapes.push(rectangle(0, h - edge(0.12), { width: w, height: edge(0.12) }, frameFill))
      break
    case 'line':
    case 'margin': {
      const stroke = edge(frame === 'line' ? 0.02 : 0.06)
      shapes.push(`<rect width="${w}" height="${h}" fill="none" stroke="${frameFill}" stroke-width="${2 * stroke}"/>`)
    }
  }
  return shapes.length === 0 ? undefined : svg(size, shapes)
}
