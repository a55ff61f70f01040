/** Scenes of crawled pictures, chosen before anything is drawn. */
import { distanceKm, type GeoPoint } from '../geodesy.ts'
import { cutTile } from '../imagery.ts'
import type { Random } from '../random.ts'
import type { World } from './world.ts'

/** A piece of ground. */
interface Ground extends GeoPoint {
  /** Width in kilometres. */
  readonly groundKm: number
}

/**
 * `view` is the only overhead view. The other crops of the globe's layers are no photographs of the ground by
 * daylight; a `globe` shows the whole planet from afar, which is no overhead view at landscape scale either.
 */
export type Scene =
  | ({ readonly kind: 'view' } & Ground)
  | ({ readonly kind: 'relief' | 'tinted-relief' | 'night' | 'dark' | 'water' } & Ground)
  | { readonly kind: 'sky'; readonly lon: number; readonly lat: number }
  | ({ readonly kind: 'globe' } & GeoPoint)
  | ({ readonly kind: 'map' | 'choropleth'; readonly span: number } & GeoPoint)
  | { readonly kind: 'chart'; readonly form: 'bar' | 'line' | 'pie' | 'scatter' }
  | { readonly kind: 'card' }
  | { readonly kind: 'texture' }
  | { readonly kind: 'landscape' }

/** Shares of the kinds among pictures that are no overhead views. */
const decoys: readonly (readonly [Scene['kind'], number])[] = [
  ['map', 0.14],
  ['choropleth', 0.07],
  ['relief', 0.1],
  ['tinted-relief', 0.07],
  ['night', 0.1],
  ['dark', 0.09],
  ['water', 0.05],
  ['sky', 0.06],
  ['globe', 0.12],
  ['chart', 0.09],
  ['card', 0.05],
  ['texture', 0.03],
  ['landscape', 0.03],
]

/** Chooses an overhead view with some land in it: half around a landmark, the others anywhere. */
export function chooseView(world: World, random: Random): Scene {
  for (;;) {
    const ground = random.chance(0.5) ? aroundLandmark(world, random) : anywhere(world, random)
    const water = cutTile(world.water, { ...ground, size: 8 })
    if (water.filter(value => value < 128).length > 0.15 * water.length) return { kind: 'view', ...ground }
  }
}

function aroundLandmark({ landmarks }: World, random: Random): Ground {
  const { lon, lat } = random.pick(landmarks)
  const round = random.pick([300, 400, 600, 800, 1200, 1500])
  return { lon, lat, groundKm: random.chance(0.5) ? round : logBetween(random, 300, 1600) }
}

const anywhere = (world: World, random: Random): Ground => ({
  ...choosePlace(world, random),
  groundKm: logBetween(random, 350, 3000),
})

/** Chooses a picture that is no overhead view. */
export function chooseDecoy(world: World, random: Random): Scene {
  const kind = chooseKind(random)
  switch (kind) {
    case 'view':
    case 'relief':
    case 'tinted-relief':
    case 'night':
    case 'dark':
    case 'water':
      return { kind, ...choosePlace(world, random), groundKm: logBetween(random, 500, 4000) }
    case 'sky':
      return { kind, lon: random.between(-180, 180), lat: random.between(-60, 60) }
    case 'globe':
      return { kind, lon: random.between(-180, 180), lat: random.between(-45, 60) }
    case 'map':
    case 'choropleth':
      if (random.chance(0.35)) return { kind, lon: random.between(-15, 15), lat: random.between(0, 20), span: 360 }
      return { kind, ...choosePlace(world, random), span: logBetween(random, 12, 110) }
    case 'chart':
      return { kind, form: random.pick(['bar', 'line', 'pie', 'scatter'] as const) }
    case 'card':
    case 'texture':
    case 'landscape':
      return { kind }
  }
}

/** The name of a landmark whose centre lies well inside the ground of a scene, the nearest to its middle. */
export function landmarkInside({ landmarks }: World, ground: Ground): string | undefined {
  let nearest: { readonly name: string; readonly distance: number } | undefined
  for (const { name, lon, lat } of landmarks) {
    const distance = distanceKm(ground, { lon, lat })
    if (distance < ground.groundKm * 0.35 && distance < (nearest?.distance ?? Number.POSITIVE_INFINITY)) {
      nearest = { name, distance }
    }
  }
  return nearest?.name
}

function chooseKind(random: Random): Scene['kind'] {
  let left = random.between(
    0,
    decoys.reduce((sum, [, share]) => sum + share, 0),
  )
  for (const [kind, share] of decoys) {
    left -= share
    if (left < 0) return kind
  }
  return 'map'
}

/** A place on land or near a coast, uniform over the area between 60 degrees south and 75 degrees north. */
function choosePlace(world: World, random: Random): GeoPoint {
  for (;;) {
    const sine = random.between(Math.sin((-60 * Math.PI) / 180), Math.sin((75 * Math.PI) / 180))
    const place = { lon: random.between(-180, 180), lat: (Math.asin(sine) * 180) / Math.PI }
    if (world.isLand(place)) return place
  }
}

const logBetween = (random: Random, low: number, high: number): number =>
  Math.exp(random.between(Math.log(low), Math.log(high)))
