/** Sources and filters as stages. */
import { trainingSplit } from '../check/datasets.ts'
import type { Entry, FilledRecipe } from '../check/filled.ts'
import { splitReference } from '../check/names.ts'
import { type Draft, type Expanding, input, params } from './draft.ts'
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
    case 'folder': {
      const { kind, path: folder, ...rest } = source
      return [
        {
          id: name,
          kind,
          params: params({ ...rest, captions: rest.captions, seed }),
          inputs: {},
          files: [folder],
          path,
        },
      ]
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
