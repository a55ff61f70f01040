/** A kernel that tfjs does not have: it orders what is computed. */
import { apply } from '../graph/ir.ts'
import { type Lowering, one } from './lowering.ts'
import type { Info } from './recorder.ts'

/** Name of the kernel; only the recorder has it. */
export const barrierKernel = 'TerroirBarrier'

/** The first input, not before the others are computed. */
export const barrierLowering: Lowering = one(({ inputs, recorder }) =>
  apply(
    'after',
    Object.values(inputs).map(info => recorder.node(info as Info)),
  ),
)
