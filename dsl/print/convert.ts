/** Converts a recipe from one form to the other, with its comments. */
import { createDecider } from '../check/decide.ts'
import { references } from '../check/names.ts'
import type { LoadedRecipe } from '../compile/load.ts'
import { UserFault } from '../diagnostics/faults.ts'
import { yamlComments } from '../read/comments.ts'
import { readSource } from '../read/file.ts'
import { readYaml } from '../read/yaml.ts'
import type { Located, LocatedMap, SourceText } from '../values/located.ts'
import { attachComments, joinCommented } from './comments.ts'

/**
 * The text of a recipe without errors in the other form: TypeScript for YAML, YAML for TypeScript. Its base
 * and its parameters stay references. The imports of a TypeScript recipe are written out, with their comments.
 */
export async function convertRecipe({ path, variants }: Pick<LoadedRecipe, 'path' | 'variants'>): Promise<string> {
  const read = readSource(path)
  if ('fault' in read) throw new UserFault(read.fault.message)
  const { source } = read
  return path.endsWith('.ts') ? toYaml(source) : toTypeScript(source, variants)
}

async function toYaml(source: SourceText): Promise<string> {
  const [{ readTypeScript }, { typescriptComments }, { printYaml }] = await Promise.all([
    import('../read/typescript.ts'),
    import('../read/typescript_comments.ts'),
    import('./yaml.ts'),
  ])
  const root = mapOf(readTypeScript(source).value, source)
  const { comments, firstStatement } = typescriptComments(source.text)
  const own = attachComments(comments, { root, source, headerEnd: firstStatement })
  const imported = importedInto(root, source).map(file =>
    attachComments(typescriptComments(file.text).comments, { root, source: file, headerEnd: 0 }),
  )
  return printYaml(root, joinCommented([own, ...imported]))
}

/** The other TypeScript files that values come from. */
function importedInto(root: Located, { path }: SourceText): readonly SourceText[] {
  const found = new Map<string, SourceText>()
  const visit = (node: Located): void => {
    found.set(node.span.source.path, node.span.source)
    if (node.kind === 'list') node.items.forEach(visit)
    if (node.kind === 'map') for (const { value } of node.entries.values()) visit(value)
  }
  visit(root)
  return [...found.values()].filter(source => source.path !== path && source.path.endsWith('.ts'))
}

async function toTypeScript(source: SourceText, [variant]: LoadedRecipe['variants']): Promise<string> {
  const { printTypeScript } = await import('./typescript.ts')
  const root = createDecider()(mapOf(readYaml(source).value, source)).value
  const commented = attachComments(yamlComments(source.text), { root, source, headerEnd: headerEnd(root, source) })
  return printTypeScript(root, { commented, references: variant ? references(variant.recipe) : [] })
}

function mapOf(value: Located | undefined, { name }: SourceText): LocatedMap {
  if (value?.kind !== 'map') throw new UserFault(`'${name}' holds no recipe`)
  return value
}

/** The end of the file's header: comments above the first key's own comment, separated from it by a blank line. */
function headerEnd({ entries }: LocatedMap, { text }: SourceText): number {
  const first = Math.min(...[...entries.values()].map(({ key }) => key.start))
  return Math.max(0, text.lastIndexOf('\n\n', first))
}
