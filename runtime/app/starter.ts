/** A commented recipe to start from. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { editorSchema } from '../../dsl/print/editor_schema.ts'
import { RequestFault } from './faults.ts'
import { starterText } from './starter_text.ts'

/**
 * Writes a starter recipe, and the schema for editors beside it where there is none. Its folder is made. Nothing is overwritten.
 *
 * @param name name of the recipe, or path of the file
 */
export function init(name = 'recipe'): { readonly file: string } {
  const file = /\.ya?ml$/.test(name) ? name : `${name}.yaml`
  const folder = dirname(file)
  if (existsSync(file)) throw new RequestFault(`'${file}' is there already; give another name`)
  mkdirSync(folder, { recursive: true })
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

/** The starter recipe under a name of its own. */
const starter = (name: string): string =>
  `# yaml-language-server: $schema=recipe.schema.json\n${starterText.replace(/^name: .*$/m, `name: ${name}`)}`
