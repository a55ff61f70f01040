/** A worker whose one kind of stage writes an empty file, as `touch` does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveStage } from '../../runtime/schedule/serve.ts'

serveStage([
  {
    kind: 'touch',
    version: 1,
    needs: () => ({ slots: 0, memory: 1 }),
    load: async () => async context => {
      writeFileSync(join(context.out, 'done'), '')
      return { metrics: {}, summary: '', exhibits: [] }
    },
  },
])
