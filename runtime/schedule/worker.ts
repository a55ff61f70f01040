/** Entry point of a stage's process. */
import { stageKinds } from '../stages/kinds.ts'
import { serveStage } from './serve.ts'

serveStage(stageKinds)
