/** Sources of crawled pictures: the globe's layers, countries and landmarks. */
import { type Country, type CountryFinder, createCountryFinder, readCountries } from '../countries.ts'
import type { GeoPoint } from '../geodesy.ts'
import { decodeGrey, decodeImage, type Raster } from '../image.ts'
import { createGlobe, type Globe, type ImageryFiles } from '../imagery.ts'
import { readLandmarks } from '../landmarks.ts'

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

/** Paths of a world's pictures, of its countries (TopoJSON) and of its landmarks (GeoJSON). */
export interface WorldFiles extends ImageryFiles {
  readonly night: string
  readonly dark: string
  readonly sky: string
  readonly countries: string
  readonly table: string
}

/** Opens a world; about 100 MB. */
export async function openWorld(files: WorldFiles): Promise<World> {
  const colour = async (name: string) => createGlobe(await decodeImage(name, { name }))
  const grey = (name: string): Promise<Raster> => decodeGrey(name, { name })
  const [relief, water] = [await grey(files.relief), await grey(files.water)]
  const countries = await readCountries(files.countries)
  return {
    photo: await colour(files.photo),
    night: await colour(files.night),
    dark: await colour(files.dark),
    sky: await colour(files.sky),
    relief: createGlobe(relief),
    water: createGlobe(water),
    countries,
    landmarks: await readLandmarks(files.table),
    isLand({ lon, lat }) {
      const column = Math.min(water.width - 1, Math.floor(((lon + 180) / 360) * water.width))
      const row = Math.min(water.height - 1, Math.floor(((90 - lat) / 180) * water.height))
      return (water.data[row * water.width + column] ?? 255) < 128
    },
    countryAt: createCountryFinder(countries),
  }
}
