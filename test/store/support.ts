/** A stage's outcome for tests of the store. */
import { execa } from 'execa'
import { sha256 } from '../../runtime/store/digest.ts'
import type { Outcome } from '../../runtime/store/manifest.ts'

export const outcome: Outcome = {
  key: sha256('a stage'),
  id: 'landmarks',
  kind: 'landmarks',
  version: 1,
  metrics: { tiles: 12, share: 0.25 },
  summary: '12 tiles',
  exhibits: [],
  engine: 'auto',
  seconds: 1.5,
  warnings: [],
}

const nobody = 65534

/** Runs Node.js without the rights of root, which may write anywhere. */
export const asNobody = (args: readonly string[], cwd = '/') =>
  execa('node', args, {
    reject: false,
    cwd,
    env: { TERROIR_STORE: '' },
    ...(process.getuid?.() === 0 && { uid: nobody, gid: nobody }),
  })
