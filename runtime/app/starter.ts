/** A commented recipe to start from. */
import { existsSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { editorSchema } from '../../dsl/print/editor_schema.ts'
import { RequestFault } from './faults.ts'

/**
 * Writes a starter recipe, and the schema for editors beside it where there is none. Nothing is overwritten.
 *
 * @param name name of the recipe, or path of the file
 */
export function init(name = 'recipe'): { readonly file: string } {
  const file = /\.ya?ml$/.test(name) ? name : `${name}.yaml`
  const folder = dirname(file)
  if (!existsSync(folder)) throw new RequestFault(`There is no folder '${folder}'; make it first`)
  if (existsSync(file)) throw new RequestFault(`'${file}' is there already; give another name`)
  const schema = join(folder, 'recipe.schema.json')
  writeFileSync(file, starter(recipeName(file)), { flag: 'wx' })
  if (!existsSync(schema)) writeFileSync(schema, `${JSON.stringify(editorSchema(), null, 2)}\n`, { flag: 'wx' })
  return { file }
}

/** The file's name, made a name of the language. */
function recipeName(file: string): string {
  const proper = basename(file)
    .replace(/\.ya?ml$/, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
  return /^[a-z]/.test(proper) ? proper : `recipe-${proper}`
}

const starter = (name: string): string => `# yaml-language-server: $schema=recipe.schema.json
name: ${name}
description: A small image-text model of my own images
seed: 0

sources:
  # A folder with captions.csv, whose columns are image and caption. Without 'captions', sub-folders are classes.
  images:
    kind: folder
    path: images
    captions: captions.csv
    split:
      test: 0.2

filters:
  # Cheap rules on text and image.
  plausible:
    kind: rules
    from: images
    min_words: 2
  # Drops all but the first of images that look the same.
  unique:
    kind: dedup
    from: plausible

models:
  small:
    kind: mammut
    image_size: 64
    patch_size: 8
    vision: { width: 128, layers: 4, heads: 4 }
    text: { width: 128, layers: 4, heads: 4 }
    tokenizer:
      kind: bpe
      vocab_size: 1024
      from: [unique.train]

train:
  pretrain:
    model: small
    # A curriculum: each phase starts from the weights of the one before.
    phases:
      - name: first
        data: unique.train
        samples: 10k
        learning_rate: 0.001

evaluate:
  retrieval:
    kind: retrieval
    model: pretrain
    data: unique.test

# What you expect; a run says whether it holds.
claims:
  retrieval_learns:
    metric: retrieval.mean_recall
    at_least: 5
    origin: a first guess
`
