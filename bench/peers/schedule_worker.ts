/** A worker whose one kind of stage writes an empty file, as `touch` does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveStage } from '../../runtime/schedule/serve.ts'

serveStage(() => async () => async context => {
  writeFileSync(join(context.out, 'done'), '')
  return { metrics: {}, summary: '', exhibits: [] }
})
