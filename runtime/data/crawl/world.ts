/** Sources of crawled pictures: the globe's layers, countries and landmarks. */
import { UserFault } from '../../../dsl/diagnostics/faults.ts'
import { type Country, type CountryFinder, createCountryFinder, readCountries } from '../countries.ts'
import { externalPath } from '../externals.ts'
import type { GeoPoint } from '../geodesy.ts'
import { decodeGrey, decodeImage, type Raster } from '../image.ts'
import { createGlobe, type Globe } from '../imagery.ts'
import { readLandmarks } from '../landmarks.ts'
import { crawlFiles } from './files.ts'

/** Opened sources of pictures and names. */
export interface World {
  readonly photo: Globe
  readonly relief: Globe
  readonly water: Globe
  readonly night: Globe
  readonly dark: Globe
  /** Star map. */
  readonly sky: Globe
  readonly countries: readonly Country[]
  readonly landmarks: readonly (GeoPoint & { readonly name: string })[]
  isLand(place: GeoPoint): boolean
  /** Country of a place, or undefined at sea. */
  readonly countryAt: CountryFinder
}

/** Opens a world from a stage's externals: package files and one landmark table; about 100 MB. */
export async function openWorld(externals: { readonly [name: string]: string }): Promise<World> {
  const table = Object.keys(externals).find(name => name.endsWith('.geojson'))
  if (table === undefined)
    throw new UserFault('The crawl was given no landmark table', { hint: 'name a .geojson file as its table' })
  const colour = async (name: string) => createGlobe(await decodeImage(externalPath(externals, name), { name }))
  const grey = (name: string): Promise<Raster> => decodeGrey(externalPath(externals, name), { name })
  const [relief, water] = [await grey(crawlFiles.relief), await grey(crawlFiles.water)]
  const countries = await readCountries(externalPath(externals, crawlFiles.countries))
  return {
    photo: await colour(crawlFiles.photo),
    night: await colour(crawlFiles.night),
    dark: await colour(crawlFiles.dark),
    sky: await colour(crawlFiles.sky),
    relief: createGlobe(relief),
    water: createGlobe(water),
    countries,
    landmarks: await readLandmarks(externals[table] ?? ''),
    isLand({ lon, lat }) {
      const column = Math.min(water.width - 1, Math.floor(((lon + 180) / 360) * water.width))
      const row = Math.min(water.height - 1, Math.floor(((90 - lat) / 180) * water.height))
      return (water.data[row * water.width + column] ?? 255) < 128
    },
    countryAt: createCountryFinder(countries),
  }
}
