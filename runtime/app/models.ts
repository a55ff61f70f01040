/** The results that kinds of stages make. */
import { stageDefinitions } from '../../dsl/kinds/registry.ts'
import type { StageDefinition } from '../../dsl/kinds/stage.ts'

/** True if a stage of this kind makes such a result. */
export const stageMakes = (kind: string, what: NonNullable<StageDefinition['makes']>): boolean =>
  stageDefinitions.get(kind)?.makes === what

/** True if a stage of this kind makes the folder of a trained model. */
export const makesModel = (kind: string): boolean => stageMakes(kind, 'model')
