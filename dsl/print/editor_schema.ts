/**
 * The schema for editors: that of validation, which also accepts `${params.NAME}` in place of a value, and a recipe that
 * extends another and holds only its changes.
 */
import { recipeSchema, type SchemaNode } from '../schema/schema_node.ts'
import { isRecord, isText } from '../values/json.ts'
import { patchSchema } from './patch_schema.ts'

const inserted = { type: 'string', pattern: '\\$\\{params\\.[^{}]+\\}' }

/** JSON Schema, draft 2020-12. Parameters are inserted before types are checked, so every scalar may be one. */
export function editorSchema(schema: SchemaNode = recipeSchema): unknown {
  const { $schema, description, $defs, ...recipe } = { $schema: undefined, ...schema }
  const patch = patchSchema(schema)
  const whole = {
    $schema,
    description,
    if: { type: 'object', required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { $ref: '#/$defs/Patch' },
    else: { $ref: '#/$defs/Recipe' },
    $defs: { Recipe: { ...recipe, description }, ...$defs, ...patch },
  }
  return JSON.parse(JSON.stringify(whole), (_key, raw: unknown) => {
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
    // Editors show this in place of the pattern if a text does not match.
    const patternErrorMessage = 'pattern' in rest ? description : undefined
    return { description, default: preset, examples, anyOf: [{ ...rest, patternErrorMessage }, inserted] }
  })
}

/** Adds unit and source to the description: editors do not show keywords of our own. */
function withNotes(node: unknown): unknown {
  if (!isRecord(node) || !isText(node.description)) return node
  const { unit, source, presetBy: _, ...rest } = node
  const notes = [...(isText(unit) ? [`Unit: ${unit}.`] : []), ...(isText(source) ? [`Source: ${source}.`] : [])]
  return notes.length === 0 ? node : { ...rest, description: [node.description, ...notes].join(' ') }
}

/** Copies the description of a variant to its `kind`, so that an editor shows it there. */
function withKind(node: unknown): unknown {
  if (!isRecord(node) || !isRecord(node.properties) || !isRecord(node.properties.kind)) return node
  const kind = { ...node.properties.kind, description: node.description }
  return { ...node, properties: { ...node.properties, kind } }
}
