/** Recipes as TypeScript, the way people write them: a constant for each entry, made by its builder. */
import { builderName, builders } from '../../dsl/read/builders.ts'
import type { Plain, PlainMap } from './arbitrary.ts'

const sections = ['sources', 'filters', 'models', 'train', 'distill', 'evaluate'] as const

/** A recipe as a module. References become uses of constants. */
export function typeScriptOf(recipe: PlainMap): string {
  const entries = sections.flatMap(section =>
    Object.entries(asMap(recipe[section])).map(([name, entry]) => ({ section, name, entry: asMap(entry) })),
  )
  const trained = new Set(entries.filter(({ section }) => section === 'train').map(({ name }) => name))
  const reference = (text: string): string => {
    const [name = '', part] = text.split('.')
    if (part === undefined) return name
    if (trained.has(name)) return `${name}.phase('${part}')`
    return /^[0-9]/.test(part) ? `${name}.round(${part})` : `${name}.${part}`
  }
  /** `from`, `against`, `model`, `train` and `data` refer to entries, wherever they stand in one that is no query. */
  const field = (name: string, value: Plain): string => {
    const refers = ['from', 'against', 'model', 'train', 'data'].includes(name)
    if (refers && typeof value === 'string') return reference(value)
    if (refers && Array.isArray(value)) return `[${value.map(item => reference(String(item))).join(', ')}]`
    if (name === 'data' && isMap(value))
      return `mix([${Object.entries(value)
        .map(([dataset, weight]) => `[${reference(dataset)}, ${weight}]`)
        .join(', ')}])`
    if (name === 'queries') return JSON.stringify(value)
    if (isMap(value) && value.kind !== undefined) return built(value)
    if (Array.isArray(value))
      return `[${value.map(item => (isMap(item) ? object(item) : JSON.stringify(item))).join(', ')}]`
    return isMap(value) ? object(value) : JSON.stringify(value)
  }
  const built = (value: PlainMap): string => `${builderName(String(value.kind))}(${object(withoutKind(value))})`
  const object = (value: PlainMap): string =>
    `{ ${Object.entries(value)
      .map(([name, inner]) => `${JSON.stringify(name)}: ${field(name, inner)}`)
      .join(', ')} }`
  const constants = entries.map(({ section, name, entry }) => {
    const isNamed = section === 'train' || section === 'distill'
    return `const ${name} = ${isNamed ? `${section}(${object(entry)})` : built(entry)}`
  })
  const fields = Object.entries(recipe).map(([name, value]) =>
    sections.some(section => section === name)
      ? `${name}: { ${Object.keys(asMap(value)).join(', ')} }`
      : `${name}: ${JSON.stringify(value)}`,
  )
  return [
    `import { ${[...builders.keys()].join(', ')} } from 'terroir'`,
    ...constants,
    `export default recipe({ ${fields.join(', ')} })`,
    '',
  ].join('\n')
}

const isMap = (value: Plain | undefined): value is PlainMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const asMap = (value: Plain | undefined): PlainMap => (isMap(value) ? value : {})

function withoutKind(value: PlainMap): PlainMap {
  const { kind, ...rest } = value
  return rest
}
