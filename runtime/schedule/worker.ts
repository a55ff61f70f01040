/** Entry point of a stage's process. */
import { findRun } from '../kinds/registry.ts'
import { serveStage } from './serve.ts'

serveStage(findRun)
