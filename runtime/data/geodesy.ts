/** Distances and offsets on a spherical Earth. */

/** Mean radius of the Earth in kilometres (IUGG). */
export const EARTH_RADIUS_KM = 6371.0088

/** Degrees east (-180 to 180) and north (-90 to 90). */
export interface GeoPoint {
  readonly lon: number
  readonly lat: number
}

/** Kilometres east and north of a centre, on the plane that touches the globe there. */
export interface Offset {
  readonly east: number
  readonly north: number
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180
const degrees = (angle: number): number => (angle * 180) / Math.PI

/** Great-circle distance in kilometres (haversine). */
export function distanceKm(a: GeoPoint, b: GeoPoint): number {
  const half = (x: number) => Math.sin(radians(x) / 2) ** 2
  const h = half(b.lat - a.lat) + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * half(b.lon - a.lon)
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/**
 * Maps offsets from `centre` to places by the azimuthal equidistant projection (Snyder, USGS PP 1395, p. 195):
 * distance and direction from the centre are true everywhere, at the poles and across the date line too.
 */
export function tangentPlane(centre: GeoPoint): (offset: Offset) => GeoPoint {
  const [sin0, cos0] = [Math.sin(radians(centre.lat)), Math.cos(radians(centre.lat))]
  return ({ east, north }) => {
    const distance = Math.sqrt(east * east + north * north)
    if (distance === 0) return centre
    const angle = distance / EARTH_RADIUS_KM
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
    const lat = degrees(Math.asin(Math.min(1, Math.max(-1, cos * sin0 + (north * sin * cos0) / distance))))
    const turn = Math.atan2(east * sin, distance * cos0 * cos - north * sin0 * sin)
    return { lon: wrapLongitude(centre.lon + degrees(turn)), lat }
  }
}

/** Offset of `place` from `centre`: the inverse of {@link tangentPlane}. */
export function offsetFrom(centre: GeoPoint, place: GeoPoint): Offset {
  const [lat0, lat1, turn] = [radians(centre.lat), radians(place.lat), radians(place.lon - centre.lon)]
  const east = Math.cos(lat1) * Math.sin(turn)
  const north = Math.cos(lat0) * Math.sin(lat1) - Math.sin(lat0) * Math.cos(lat1) * Math.cos(turn)
  const length = Math.hypot(east, north)
  if (length === 0) return { east: 0, north: 0 }
  const scale = distanceKm(centre, place) / length
  return { east: east * scale, north: north * scale }
}

/** The same meridian between -180 (inclusive) and 180. */
const wrapLongitude = (lon: number): number => ((((lon + 180) % 360) + 360) % 360) - 180
