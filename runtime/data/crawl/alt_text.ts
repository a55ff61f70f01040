/** Alt texts as the web writes them: honest, vague, or beside the point. */
import { cutTile } from '../imagery.ts'
import type { Random } from '../random.ts'
import { landmarkInside, type Scene } from './scene.ts'
import type { World } from './world.ts'

/** A text that says what the picture is. */
export function honestText(scene: Scene, world: World, random: Random): string {
  switch (scene.kind) {
    case 'view': {
      const subject = viewSubject(scene, world, random)
      return fill(subject, random, [
        'Satellite view of {}',
        'Satellite image of {}',
        'Aerial view of {}',
        '{} from space',
        '{} seen from above',
        '{} - satellite photo',
        'View of {} from orbit',
        'Natural-colour satellite picture of {}',
        'True color image of {}, MODIS',
        'NASA satellite captures {}',
        'Overhead image: {}',
        '{} as seen by astronauts',
        '{}',
      ])
    }
    case 'relief':
      return fill(region(scene, world), random, [
        'Topography of {}',
        'Elevation map of {}',
        'Digital elevation model, {}',
        'Grey relief of {} from radar data',
        'Terrain heights of {} seen by satellite radar',
      ])
    case 'tinted-relief':
      return fill(region(scene, world), random, [
        'Physical map of {}',
        'Relief map of {}',
        'Topographic map showing {}',
        '{} terrain map with elevation tints',
      ])
    case 'night':
      return fill(region(scene, world), random, [
        '{} at night',
        'City lights of {}',
        'Night lights over {} from space',
        'Satellite image of {} at night',
        'Light pollution map of {}',
      ])
    case 'dark':
      return fill(region(scene, world), random, [
        'Dark map of {}',
        'Dark theme basemap, {}',
        '{} map background',
        'Dark earth texture near {}',
      ])
    case 'water':
      return fill(region(scene, world), random, [
        'Land and water mask of {}',
        'Black and white outline of {}',
        '{} silhouette map',
        'Water mask derived from satellite data, {}',
      ])
    case 'sky':
      return random.pick(['Stars of the Milky Way', 'Night sky panorama', 'Starry sky background', 'Map of the stars'])
    case 'globe':
      return fill(region(scene, world), random, [
        'Planet Earth from space',
        'Globe showing {}',
        'Earth 3D rendering, {} side',
        'The blue marble: {} from afar',
        'Whole Earth globe',
      ])
    case 'map':
      return fill(scene.span > 180 ? 'the world' : region(scene, world), random, [
        'Map of {}',
        'Political map of {}',
        '{} map with borders',
        'Where is {}? Map',
        'Outline map of {}',
      ])
    case 'choropleth':
      return fill(scene.span > 180 ? 'the world' : region(scene, world), random, [
        'Map of population density, {}',
        'Rainfall by country in {}',
        'Infographic: forest cover of {} and its neighbours',
        'Countries by income, map of {}',
      ])
    case 'chart':
      return fill(scene.form, random, [
        'Population chart',
        '{} chart of rainfall by year',
        '{} chart: land use',
        'Figure 2. Results',
        'Graph of sea level',
      ])
    case 'card':
      return random.pick(['Screenshot of the news page', 'Weather app screen', 'Slide 12: summary', 'Earth Day banner'])
    case 'texture':
      return random.pick([
        'Abstract background',
        'Blue gradient texture',
        'Marble pattern wallpaper',
        'Blurred colours',
      ])
    case 'landscape':
      return random.pick([
        'Mountain landscape at sunset',
        'View over the valley',
        'Hills and sky',
        'Misty ridges at dawn',
      ])
  }
}

/** A text that says nothing of the picture. */
export function vagueText(random: Random): string {
  const number = 1000 + random.below(9000)
  return random.pick([
    ...[`IMG_${number}.jpg`, `DSC0${number}`, `image ${number % 50}`, `photo-${number}.png`, `figure ${number % 9}`],
    ...['photo', 'view from above', 'banner', 'click to enlarge', 'untitled image', 'our planet', 'download wallpaper'],
    ...['earth', 'beautiful nature', 'picture of the day', 'hero image', 'click here for more', 'geography lesson'],
  ])
}

/** A text that calls something else an overhead photograph. */
export const misleadingText = (scene: Scene, world: World, random: Random): string =>
  fill('lon' in scene ? region(scene, world) : 'the coast', random, [
    'Satellite image of {}',
    'satellite image',
    'Aerial view of {}',
    '{} from space',
    'Satellite view of {}',
    'aerial photo',
    'NASA image of {}',
  ])

function fill(subject: string, random: Random, templates: readonly string[]): string {
  const text = random.pick(templates).replace('{}', subject)
  const cased = text.charAt(0).toUpperCase() + text.slice(1)
  if (random.chance(0.08)) return cased.toLowerCase()
  return random.chance(0.08)
    ? `${cased} | ${random.pick(['Geo Blog', 'Wallpapers HD', 'Earth Pictures', 'Wiki'])}`
    : cased
}

/** A landmark and its country where one lies inside, else what the ground looks like. */
function viewSubject(scene: Extract<Scene, { kind: 'view' }>, world: World, random: Random): string {
  const landmark = landmarkInside(world, scene)
  const country = world.countryAt(scene)
  if (landmark !== undefined) return country !== undefined && random.chance(0.5) ? `${landmark}, ${country}` : landmark
  const ground = groundOf(scene, world)
  if (country === undefined) return ground
  return random.pick([`${ground} in ${country}`, `${ground}, ${country}`, country])
}

/** Names the ground by its water and its mean colour. */
function groundOf(scene: Extract<Scene, { kind: 'view' }>, world: World): string {
  const tile = { ...scene, size: 8 }
  const water = cutTile(world.water, tile)
  const photo = cutTile(world.photo, tile)
  const dry = [...water.keys()].filter(i => (water[i] ?? 0) < 128)
  const mean = (channel: number) => dry.reduce((sum, i) => sum + (photo[3 * i + channel] ?? 0), 0) / dry.length
  const [red, green, blue] = [mean(0), mean(1), mean(2)]
  const surface =
    dry.length === 0
      ? 'small islands'
      : blue > 150
        ? 'snow and ice'
        : red > 120
          ? 'a dry desert'
          : green > red
            ? 'green forest'
            : 'brown hills'
  const wet = 1 - dry.length / water.length
  if (wet > 0.75) return `the open sea and ${surface}`
  return wet > 0.15 ? `the coast with ${surface}` : surface
}

const region = (place: { readonly lon: number; readonly lat: number }, world: World): string =>
  world.countryAt(place) ?? 'the ocean'
