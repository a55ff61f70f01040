/** Package files that a crawl is made from. */
import { packageFiles } from '../externals.ts'

/** Layers of the globe, from three-globe, and the countries of maps. */
export const crawlFiles = {
  photo: packageFiles.photo,
  relief: packageFiles.relief,
  water: packageFiles.water,
  night: 'three-globe/example/img/earth-night.jpg',
  dark: 'three-globe/example/img/earth-dark.jpg',
  sky: 'three-globe/example/img/night-sky.png',
  countries: packageFiles.countries,
} as const
