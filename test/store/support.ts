/** A stage's outcome for tests of the store. */
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
