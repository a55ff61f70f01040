/** Helpers of the language's tests. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { compile } from '../../dsl/compile/compile.ts'
import type { Environment } from '../../dsl/compile/environment.ts'
import { sha256 } from '../../dsl/compile/keys.ts'
import { type LoadedRecipe, loadRecipe, type Variant } from '../../dsl/compile/load.ts'
import type { Plan } from '../../dsl/compile/plan.ts'
import type { SourceText } from '../../dsl/values/located.ts'
import { inTempFolder } from '../support.ts'

/** A world in which every file is there and its digest is that of its name. */
export const toyEnvironment: Environment = {
  digest: path => sha256(path.slice(path.lastIndexOf('/') + 1)),
  resolvePackageFile: name => ({ path: `/packages/${name}`, version: '1.2.3' }),
}

/** Loads a recipe from texts by file name; the first is the recipe. */
export function loadTexts(
  files: { readonly [name: string]: string },
  sets: readonly string[] = [],
): Promise<LoadedRecipe> {
  return inTempFolder(async folder => {
    for (const [name, text] of Object.entries({ 'table.geojson': '{}', ...files })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return loadRecipe(join(folder, Object.keys(files)[0] ?? ''), { sets })
  })
}

/** Faults without their words: `CODE WRITTEN`, and the edit that mends it where there is one. */
export const faultTexts = ({ diagnostics }: Pick<LoadedRecipe, 'diagnostics'>): readonly string[] =>
  diagnostics.map(({ code, span, fix }) => {
    const written = span.source.text.slice(span.start, span.end)
    return `${code} ${written}${fix?.edit === undefined ? '' : ` -> ${fix.edit.text}`}`
  })

/** The only variant of a recipe without a matrix. */
export function onlyVariant(loaded: LoadedRecipe): Variant {
  const [only] = loaded.variants
  if (only === undefined) throw new Error(faultTexts(loaded).join('\n'))
  return only
}

/** Compiles such a recipe. */
export async function planTexts(
  files: { readonly [name: string]: string },
  sets: readonly string[] = [],
): Promise<Plan> {
  const loaded = await loadTexts(files, sets)
  if (loaded.variants.length === 0)
    throw new Error(loaded.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n'))
  return compile(loaded, toyEnvironment)
}

/** A text as a source. */
export const sourceOf = (text: string): SourceText => ({ name: 'recipe.yaml', path: '/recipe.yaml', text })

/** A small recipe that uses every section. */
export const smallRecipe = `
name: small
seed: 3
sources:
  places:
    kind: landmarks
    table: table.geojson
    imagery: blue-marble
    ground_sizes: [300km, 600km]
    captions: { kind: grammar }
  web:
    kind: crawl
    imagery: blue-marble
    samples: 2k
    table: table.geojson
filters:
  plausible: { kind: rules, from: web }
  overhead: { kind: classifier, from: plausible }
  clean: { kind: decontaminate, from: overhead, against: [places.test] }
models:
  tiny:
    kind: mammut
    vision: { width: 32, layers: 2, heads: 2 }
    text: { width: 32, layers: 2, heads: 2 }
    tokenizer: { kind: bpe, from: [places, clean] }
train:
  pretrain:
    model: tiny
    phases:
      - { name: first, data: clean, samples: 1k, learning_rate: 0.001 }
      - { name: mix, data: { places: 3, clean: 1 }, samples: 2k, learning_rate: 0.001 }
distill:
  localise:
    model: pretrain
    data: places
    queries: { water: { prompts: [water], against: [land] } }
    samples: 1k
    learning_rate: 0.001
evaluate:
  retrieval: { kind: retrieval, model: pretrain, data: places.test }
  water:
    kind: localisation
    model: localise
    data: places.test
    queries: { water: { prompts: [water], against: [land] } }
claims:
  learns: { metric: retrieval.mean_recall, at_least: 5, origin: a guess }
`

/** The small recipe with the first of some words replaced; throws where it has none. */
export function edited(old: string, now: string): string {
  if (!smallRecipe.includes(old)) throw new Error(`The small recipe has no '${old}'`)
  return smallRecipe.replace(old, () => now)
}
