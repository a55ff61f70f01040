/** The schema of a recipe that extends another: any part of a recipe, and `null` for a removed key. */
import { definitionName, type SchemaNode } from '../schema/schema_node.ts'

const removal = { type: 'null', description: 'Removes it.' } as const

/** Definitions of patches: `Patch` of the recipe, and `PatchTrain` of `Train`, for each definition that has parts. */
export function patchSchema({ $defs = {}, ...recipe }: SchemaNode): { readonly [name: string]: SchemaNode } {
  const patches = new Map<string, SchemaNode>()

  /** A mapping is merged, so it needs no key; a list is replaced, so it is written whole. */
  function patched(node: SchemaNode): SchemaNode {
    const name = definitionName(node)
    const target = name === undefined ? undefined : $defs[name]
    if (name !== undefined && target !== undefined) {
      if (!hasParts(target)) return node
      const patch = `Patch${name}`
      if (!patches.has(patch)) {
        // Reserved first: definitions may be recursive.
        patches.set(patch, {})
        patches.set(patch, patched(target))
      }
      return { ...node, $ref: `#/$defs/${patch}` }
    }
    const { required: _, oneOf, anyOf = oneOf, properties, additionalProperties, ...rest } = withoutDiscriminator(node)
    return {
      ...rest,
      ...(anyOf && { anyOf: anyOf.map(patched) }),
      ...(properties && {
        properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, orNull(patched(value))])),
      }),
      ...(additionalProperties !== undefined && {
        additionalProperties:
          typeof additionalProperties === 'object' ? orNull(patched(additionalProperties)) : additionalProperties,
      }),
    }
  }

  function hasParts(node: SchemaNode): boolean {
    const target = $defs[definitionName(node) ?? ''] ?? node
    return (
      target.properties !== undefined ||
      typeof target.additionalProperties === 'object' ||
      (target.oneOf ?? target.anyOf ?? []).some(hasParts)
    )
  }

  const patch = patched(recipe)
  const properties = { ...patch.properties, ...(recipe.properties?.extends && { extends: recipe.properties.extends }) }
  return { Patch: { ...patch, properties, required: ['extends'] }, ...Object.fromEntries(patches) }
}

/** Removes the discriminator: in a patch the base may give the `kind`. */
function withoutDiscriminator(node: SchemaNode): SchemaNode {
  const { discriminator: _, ...rest } = { discriminator: undefined, ...node }
  return rest
}

const orNull = ({ description, ...node }: SchemaNode): SchemaNode => ({
  ...(description !== undefined && { description }),
  anyOf: [node, removal],
})
