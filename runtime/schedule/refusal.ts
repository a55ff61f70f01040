/** Refusals of the sandbox in words, with the flag that grants what was refused. */
import { isRecord, isText } from '../../dsl/values/json.ts'

/** Environment variable that carries the grants to the guard of a worker, which spells it itself. */
export const grantsVariable = 'TERROIR_GRANTS'

/** A kind of grant beyond a stage's inputs. */
export type Permission = 'net' | 'run' | 'read' | 'write'

/** The refused resource, the field of the recipe that asks for it and the flag that grants it. */
export function refusalText(refused: Permission, resource: string): string {
  const add = (field: string, value: string): string =>
    `add it to permissions.${field} of the recipe and run with --allow-${field}=${value}`
  switch (refused) {
    case 'net':
      return `The stage may not reach '${resource}'; ${add('net', resource)}`
    case 'run':
      return `The stage may not start '${resource}'; ${add('run', resource)}`
    case 'read':
      return `The stage may not read '${resource}'; ${add('read', resource)}`
    case 'write':
      return `The stage may not write '${resource}'; a stage writes into its own result, nothing else`
  }
}

/** The text of a refusal by the guard or by Node's permission model; `undefined` if the fault is another one. */
export function refusalIn(fault: unknown): string | undefined {
  for (let at = fault, depth = 0; isRecord(at) && depth < 8; at = at.cause, depth += 1) {
    if ((at.refused === 'net' || at.refused === 'run') && isText(at.resource))
      return refusalText(at.refused, at.resource)
    if (at.code !== 'ERR_ACCESS_DENIED') continue
    const resource = isText(at.resource) ? at.resource : ''
    switch (at.permission) {
      case 'FileSystemRead':
        return refusalText('read', resource)
      case 'FileSystemWrite':
        return refusalText('write', resource)
      case 'ChildProcess':
        return refusalText('run', resource === '' ? 'a program' : resource)
      default:
        return `The sandbox refused ${String(at.permission)} of '${resource}'; a stage may not do that`
    }
  }
  return undefined
}
