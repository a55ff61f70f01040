/** The schema for editors: the one that is validated, and `${params.NAME}` wherever a value may stand. */
import { recipeSchema } from '../check/schema_node.ts'
import { isRecord, isText } from '../read/json.ts'

const inserted = { type: 'string', pattern: '\\$\\{params\\.[^{}]+\\}' }

/** JSON Schema, draft 2020-12. Parameters are inserted before types are checked, so every scalar may be one. */
export function editorSchema(): unknown {
  return JSON.parse(JSON.stringify(recipeSchema), (_key, raw: unknown) => {
    const node = withKind(withNotes(raw))
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
    // What editors say of a text that does not match, in place of the pattern.
    const patternErrorMessage = 'pattern' in rest ? description : undefined
    return { description, default: preset, examples, anyOf: [{ ...rest, patternErrorMessage }, inserted] }
  })
}

/** Unit and source as words of the description: editors show no keywords of our own. */
function withNotes(node: unknown): unknown {
  if (!isRecord(node) || !isText(node.description)) return node
  const { unit, source, ...rest } = node
  const notes = [...(isText(unit) ? [`Unit: ${unit}.`] : []), ...(isText(source) ? [`Source: ${source}.`] : [])]
  return notes.length === 0 ? node : { ...rest, description: [node.description, ...notes].join(' ') }
}

/** What a variant is, told where its `kind` is written. */
function withKind(node: unknown): unknown {
  if (!isRecord(node) || !isRecord(node.properties) || !isRecord(node.properties.kind)) return node
  const kind = { ...node.properties.kind, description: node.description }
  return { ...node, properties: { ...node.properties, kind } }
}
