/** The schema for editors: the one that is validated, and `${params.NAME}` wherever a value may stand. */
import { recipeSchema } from '../check/schema_node.ts'
import { isRecord, isText } from '../read/json.ts'

const inserted = { type: 'string', pattern: '\\$\\{params\\.[^{}]+\\}', description: 'Inserts a parameter.' }

/** JSON Schema, draft 2020-12. Parameters are inserted before types are checked, so every scalar may be one. */
export function editorSchema(): unknown {
  return JSON.parse(JSON.stringify(recipeSchema), (_key, raw: unknown) => {
    const node = withNotes(raw)
    if (typeof node !== 'object' || node === null || !('type' in node) || 'const' in node) return node
    const types = [node.type].flat().map(String)
    const isScalar = types.every(type => ['number', 'integer', 'boolean', 'string'].includes(type))
    if (!isScalar || (types.includes('string') && !('pattern' in node) && !('enum' in node))) return node
    const {
      description,
      default: preset,
      examples,
      ...rest
    } = {
      description: undefined,
      default: undefined,
      examples: undefined,
      ...node,
    }
    return { description, default: preset, examples, anyOf: [rest, inserted] }
  })
}

/** Unit and source as words of the description: editors show no keywords of our own. */
function withNotes(node: unknown): unknown {
  if (!isRecord(node) || !isText(node.description)) return node
  const { unit, source, ...rest } = node
  const notes = [...(isText(unit) ? [`Unit: ${unit}.`] : []), ...(isText(source) ? [`Source: ${source}.`] : [])]
  return notes.length === 0 ? node : { ...rest, description: [node.description, ...notes].join(' ') }
}
