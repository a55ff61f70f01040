/** Kinds of stages that make models. */
import { stageDefinitions } from '../../dsl/kinds/registry.ts'

/** True if a stage of this kind makes the folder of a trained model. */
export const makesModel = (kind: string): boolean => stageDefinitions.get(kind)?.makes === 'model'
