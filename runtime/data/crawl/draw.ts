/** Draws scenes to pixels. */
import type { GeoPoint } from '../geodesy.ts'
import { decodeImage, type Raster } from '../image.ts'
import { cutTile, maskFrom, placePixels, type TileSpec } from '../imagery.ts'
import type { Random } from '../random.ts'
import { card, chart, type ImageSize, landscape, texture } from './charts.ts'
import { drawMap } from './maps.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

/** Draws a scene; `random` chooses its style. RGB of the size asked for. */
export async function drawScene(scene: Scene, world: World, { size, random }: Sketch): Promise<Raster> {
  switch (scene.kind) {
    case 'view':
      return crop(cutTile(world.photo, tileOf(scene, size)), size)
    case 'night':
    case 'dark':
      return crop(stretched(cutTile(world[scene.kind], tileOf(scene, size)), random), size)
    case 'relief': {
      const heights = cutTile(world.relief, tileOf(scene, size))
      const grey = random.chance(0.5) ? heights : hillshade(heights, tileOf(scene, size))
      return crop(stretched(repeated(grey), random), size)
    }
    case 'water':
      return crop(repeated(cutTile(world.water, tileOf(scene, size))), size)
    case 'tinted-relief':
      return crop(tintedRelief(world, tileOf(scene, size), random), size)
    case 'sky':
      return crop(
        stretched(cutTile(world.sky, tileOf({ ...scene, groundKm: random.between(1200, 4000) }, size)), random),
        size,
      )
    case 'globe':
      return globe(scene, world, { size, random })
    case 'map':
    case 'choropleth': {
      const title = scene.span > 180 ? 'World' : (world.countryAt(scene) ?? 'Map')
      const view = { ...scene, choropleth: scene.kind === 'choropleth', title }
      return rendered(drawMap(view, world.countries, { size, random }))
    }
    case 'chart':
      return rendered(chart(scene.form, size, random))
    case 'card':
      return rendered(card(size, random))
    case 'texture':
      return rendered(texture(size, random))
    case 'landscape':
      return rendered(landscape(size, random))
  }
}

/** Size of a drawing and the stream that chooses its style. */
export interface Sketch {
  readonly size: ImageSize
  readonly random: Random
}

const rendered = (svg: string): Promise<Raster> => decodeImage(Buffer.from(svg), { name: 'of a drawing' })

/** The square tile that covers a picture: its side is the picture's longer one. */
const tileOf = (ground: GeoPoint & { readonly groundKm: number }, { width, height }: ImageSize): TileSpec => ({
  lon: ground.lon,
  lat: ground.lat,
  groundKm: ground.groundKm,
  size: Math.max(width, height),
})

/** Brightened so that the brightest hundredth comes near white: dark layers are published that way. */
function stretched(rgb: Uint8Array, random: Random): Uint8Array {
  const bright = rgb.toSorted()[Math.floor(rgb.length * 0.99)] ?? 255
  const gain = Math.min(8, Math.max(1, random.between(120, 255) / Math.max(1, bright)))
  return rgb.map(value => Math.min(255, value * gain))
}

/** Slopes lit from the north-west on grey. */
const hillshade = (heights: Uint8Array, { size }: TileSpec): Uint8Array =>
  heights.map((height, i) => Math.max(0, Math.min(255, 128 + 6 * (height - (heights[i - size - 1] ?? height)))))

const repeated = (grey: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)] ?? 0)

/** The middle of a square RGB tile. */
function crop(tile: Uint8Array, { width, height }: ImageSize): Raster {
  const side = Math.max(width, height)
  const [left, top] = [Math.floor((side - width) / 2), Math.floor((side - height) / 2)]
  const data = new Uint8Array(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * side + left) * 3
    data.set(tile.subarray(from, from + width * 3), row * width * 3)
  }
  return { data, width, height, channels: 3 }
}

/** Elevation by colour, low to high, and blue water, as in an atlas; sometimes shaded from the north-west. */
function tintedRelief(world: World, tile: TileSpec, random: Random): Uint8Array {
  const places = placePixels(tile)
  const heights = cutTile(world.relief, tile, places)
  const water = maskFrom(cutTile(world.water, tile, places), 128)
  const steps = random.pick([
    [
      [70, 120, 60],
      [150, 170, 90],
      [200, 180, 120],
      [150, 110, 80],
      [245, 245, 245],
    ],
    [
      [20, 110, 90],
      [240, 230, 150],
      [210, 140, 60],
      [130, 60, 40],
      [230, 220, 220],
    ],
    [
      [230, 240, 220],
      [200, 210, 150],
      [180, 150, 100],
      [120, 90, 70],
      [250, 250, 250],
    ],
  ] as const)
  const sea = random.pick([
    [160, 200, 230],
    [60, 110, 170],
    [210, 230, 245],
  ] as const)
  const shade = random.chance(0.6) ? 1.5 : 0
  const out = new Uint8Array(heights.length * 3)
  for (const [i, height] of heights.entries()) {
    const level = Math.min(3.999, (height / 255) * 9)
    const [low, high] = [steps[Math.floor(level)] ?? steps[0], steps[Math.floor(level) + 1] ?? steps[4]]
    const slope = shade * (height - (heights[i - tile.size - 1] ?? height))
    for (const channel of [0, 1, 2] as const) {
      const land = low[channel] + (high[channel] - low[channel]) * (level % 1) + slope
      out[3 * i + channel] = Math.max(0, Math.min(255, water[i] === 255 ? sea[channel] : land))
    }
  }
  return out
}

/** The planet from afar (orthographic projection), lit from one side, on black, white or a plain colour. */
function globe(centre: GeoPoint, world: World, { size, random }: Sketch): Raster {
  const { width, height } = size
  const radius = Math.min(width, height) * random.between(0.32, 0.62)
  const off = random.between(-0.15, 0.15) * width
  const paper = random.pick([
    [0, 0, 0],
    [0, 0, 0],
    [255, 255, 255],
    [250, 250, 250],
    [20, 40, 80],
  ] as const)
  const light = random.chance(0.7) ? random.between(-0.7, 0.7) : undefined
  const picture = world.photo.level(1, 1)
  const tilt = (centre.lat * Math.PI) / 180
  const data = new Uint8Array(width * height * 3)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const x = ((pixel % width) + 0.5 - width / 2 - off) / radius
    const y = (height / 2 - Math.floor(pixel / width) - 0.5) / radius
    const z = Math.sqrt(Math.max(0, 1 - x * x - y * y))
    const inside = x * x + y * y < 1
    const lat = Math.asin(Math.max(-1, Math.min(1, y * Math.cos(tilt) + z * Math.sin(tilt))))
    const lon = (centre.lon * Math.PI) / 180 + Math.atan2(x, z * Math.cos(tilt) - y * Math.sin(tilt))
    const column = Math.floor(((lon / (2 * Math.PI) + 1.5) % 1) * picture.width)
    const row = Math.min(picture.height - 1, Math.floor((0.5 - lat / Math.PI) * picture.height))
    const lit = light === undefined ? 1 : Math.max(0.06, Math.min(1, 0.25 + z * 0.9 + x * light))
    for (const channel of [0, 1, 2] as const) {
      const ground = (picture.data[(row * picture.width + column) * 3 + channel] ?? 0) * lit
      data[3 * pixel + channel] = inside ? ground : paper[channel]
    }
  }
  return { data, width, height, channels: 3 }
}
