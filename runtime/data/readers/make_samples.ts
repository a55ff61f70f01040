/** Makes samples of records: the one place that reads the images of a user's own sources, whatever their form. */
import { availableParallelism } from 'node:os'
import type { ResizeFilter } from '../../../dsl/recipe.ts'
import type { BandChoice } from '../decode_source.ts'
import type { SampleFiles } from '../sample.ts'
import { storeImage } from '../stored_image.ts'
import type { StoredImages } from '../stored_images.ts'
import { type ImageReader, openImages } from './image_bytes.ts'
import { type CorruptItem, corruptItem, type ImageRecord, type SourceItem } from './record.ts'

/** Options of {@link makeSample}: the stored form of images. */
export interface SampleOptions extends BandChoice {
  /** Side in pixels; undefined: as they are. */
  readonly size: number | undefined
  readonly filter: ResizeFilter
  /** Images that were stored before: these are taken as they are. */
  readonly stored?: StoredImages
}

/** A sample that was made, with what is told of it. */
export interface MadeSample {
  readonly kind: 'made'
  readonly sample: SampleFiles
  /** True if the image is stored byte for byte as it was found now. */
  readonly isCopy: boolean
  /** Progress of reading, in the unit of the source. */
  readonly position: number
}

/**
 * Makes the sample of one record: a pure function of the record, its place in the list and the bytes of the image. An
 * image that cannot be read is a fault.
 */
export async function makeSample(
  { record, place }: { readonly record: ImageRecord; readonly place: number },
  { images, stored: before, ...how }: SampleOptions & { readonly images: ImageReader },
): Promise<MadeSample | CorruptItem> {
  const { file, name = file, group, split, captions, label, overhead, facts, location, position } = record
  // A fault of the earlier result ends the stage: it is no fault of the source.
  const bytes = await before?.read(group)
  try {
    const stored =
      bytes === undefined
        ? await storeImage(await images.read(location), { name: `'${name}'`, ...how })
        : { bytes, isCopy: false }
    const stem = file.replace(/\.\w+$/, '').replace(/[^A-Za-z0-9]+/g, '-')
    const sample: SampleFiles = {
      key: `${String(place).padStart(6, '0')}-${stem.slice(-50)}`,
      split,
      captions,
      label,
      group,
      ...(overhead !== undefined && { overhead }),
      masks: [],
      facts: { file, ...facts },
      image: stored.bytes,
      maskFiles: {},
    }
    return { kind: 'made', sample, isCopy: stored.isCopy, position }
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause)
    const reason = told.replaceAll(location.path, location.kind === 'file' ? file : location.name)
    return corruptItem(name, reason.includes(name) ? reason : `Cannot read image '${name}': ${reason}`, { key: group })
  }
}

/**
 * Makes the samples of records, in their order, some in parallel so that every core decodes. Corrupt items keep their
 * place in the order. `first` is the place of the first record in the whole list, for callers that make a part of it.
 */
export async function* makeSamples(
  found: AsyncIterable<SourceItem>,
  options: SampleOptions & { readonly first?: number },
): AsyncGenerator<MadeSample | Exclude<SourceItem, ImageRecord>> {
  const images = openImages()
  // Two for each core: one decodes while the bytes of the other are read.
  const atOnce = 2 * availableParallelism()
  const inWork: Promise<MadeSample | Exclude<SourceItem, ImageRecord>>[] = []
  let place = options.first ?? 0
  try {
    for await (const one of found) {
      inWork.push(
        one.kind === 'record'
          ? makeSample({ record: one, place: place++ }, { ...options, images })
          : Promise.resolve(one),
      )
      const next = inWork.length >= atOnce ? inWork.shift() : undefined
      if (next !== undefined) yield await next
    }
    for (const next of inWork.splice(0)) yield await next
  } finally {
    // A caller that stops early leaves reads that have not ended.
    await Promise.all(inWork)
    await images.close()
  }
}
