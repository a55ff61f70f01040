/** Stage `join`: the parts of a source as one dataset. */
import type { Draft } from '../draft.ts'
import { dataNeeds, defineStage, type Input } from '../stage.ts'

/** Joins the parts that a source is made in. */
export const joined = defineStage({
  kind: 'join',
  version: 1,
  needs: dataNeeds,
  spec({ params }: Draft, part: readonly Input[]) {
    const { max_corrupt } = params
    return { params: { max_corrupt: typeof max_corrupt === 'number' ? max_corrupt : 0 }, inputs: { part } }
  },
})
