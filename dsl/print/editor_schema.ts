/** The schema for editors: the one that is validated, and `${params.NAME}` wherever a value may stand. */
import { recipeSchema } from '../check/schema_node.ts'

const inserted = { type: 'string', pattern: '\\$\\{params\\.[^{}]+\\}', description: 'Inserts a parameter.' }

/** JSON Schema, draft 2020-12. Parameters are inserted before types are checked, so every scalar may be one. */
export function editorSchema(): unknown {
  return JSON.parse(JSON.stringify(recipeSchema), (_key, node: unknown) => {
    if (typeof node !== 'object' || node === null || !('type' in node) || 'const' in node) return node
    const types = [node.type].flat().map(String)
    const isScalar = types.every(type => ['number', 'integer', 'boolean', 'string'].includes(type))
    if (!isScalar || (types.includes('string') && !('pattern' in node) && !('enum' in node))) return node
    const { description, default: preset, ...rest } = { description: undefined, default: undefined, ...node }
    return { description, default: preset, anyOf: [rest, inserted] }
  })
}
