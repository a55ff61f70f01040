/** Sources and filters as stages. */

import { trainingSplit } from '../check/datasets.ts'
import type { Entry, FilledRecipe } from '../check/filled.ts'
import { splitReference } from '../check/names.ts'
import { expandPaths, tarBeside } from '../values/braces.ts'
import { type Draft, type Expanding, input, params } from './draft.ts'
import { inParts } from './parts.ts'
import type { Input } from './plan.ts'

/** A dataset as an input: the split that is named, else everything. */
export function dataInput(reference: string): Input {
  const { name, part } = splitReference(reference)
  return input(name, part)
}

/** A dataset as training reads it: the split that is named, else `train` where there are splits. */
export function trainingInput(recipe: FilledRecipe, reference: string): Input {
  return input(splitReference(reference).name, trainingSplit(recipe, reference))
}

/** `data.0`, `data.1` ... */
export function trainingInputs(
  recipe: FilledRecipe,
  references: readonly string[],
): { readonly [role: string]: Input } {
  return Object.fromEntries(references.map((reference, index) => [`data.${index}`, trainingInput(recipe, reference)]))
}

/** The stages of a source. Landmarks are cut first and captioned then, so that new captions cut no tiles again. */
export function expandSource(name: string, source: Entry<'sources'>, { seed }: Expanding): readonly Draft[] {
  const path = ['sources', name]
  switch (source.kind) {
    case 'landmarks': {
      const { kind, table, captions, ...rest } = source
      const tiles = `${name}.tiles`
      return [
        {
          id: tiles,
          kind,
          params: params({ ...rest, cities_above: rest.cities_above, seed }),
          inputs: {},
          files: [table],
          path,
        },
        {
          id: name,
          kind: 'caption',
          params: params({ captions, seed }),
          inputs: { data: input(tiles) },
          files: [],
          path,
        },
      ]
    }
    case 'crawl': {
      const { kind, table, ...rest } = source
      return [{ id: name, kind, params: params({ ...rest, seed }), inputs: {}, files: [table], path }]
    }
    case 'folder':
    case 'karpathy':
    case 'webdataset':
    case 'parquet': {
      // Paths stay among the parameters: they tell the stage which of its files is which, and in what order.
      const { kind, parts, ...rest } = source
      // Nothing is drawn where a file says the splits.
      const drawn = kind === 'karpathy' ? {} : { seed }
      const whole = { id: name, kind, params: params({ ...rest, ...drawn }), inputs: {}, files: filesOf(source), path }
      return inParts(whole, parts)
    }
  }
}

type FileSource = Extract<Entry<'sources'>, { readonly kind: 'folder' | 'karpathy' | 'webdataset' | 'parquet' }>

/** Files and folders of a source, relative to the recipe's folder. */
function filesOf(source: FileSource): readonly string[] {
  switch (source.kind) {
    case 'folder':
      return [source.path, ...(source.images === undefined ? [] : [source.images])]
    case 'karpathy':
      return [source.json, source.images]
    case 'webdataset':
      return expandPaths(source.shards)
    case 'parquet': {
      const tables = expandPaths(source.files)
      const { image } = source
      if (image.kind === 'tar') return tables.flatMap(table => [table, tarBeside(table)])
      return image.kind === 'paths' ? [...tables, image.folder] : tables
    }
  }
}

/** The stage of a filter. */
export function expandFilter(name: string, filter: Entry<'filters'>, { seed }: Expanding): Draft {
  const path = ['filters', name]
  const data = dataInput(filter.from)
  switch (filter.kind) {
    case 'rules':
    case 'dedup': {
      const { kind, from, ...rest } = filter
      return { id: name, kind, params: params(rest), inputs: { data }, files: [], path }
    }
    case 'classifier': {
      const { kind, from, ...rest } = filter
      return { id: name, kind, params: params({ ...rest, seed }), inputs: { data }, files: [], path }
    }
    case 'decontaminate': {
      const { kind, from, against, ...rest } = filter
      const others = against.map((reference, index) => [`against.${index}`, dataInput(reference)] as const)
      return { id: name, kind, params: params(rest), inputs: { data, ...Object.fromEntries(others) }, files: [], path }
    }
  }
}
