/** The objective of tiny pairs, in a thread that ends when it is to make its third update. */
import { parentPort } from 'node:worker_threads'
import type { Objective } from '../../runtime/train/objective.ts'
import { pairParts } from '../../runtime/train/pair_objective.ts'
import { config } from './tiny.ts'

export function objective(): Objective {
  let updates = 0
  parentPort?.on('message', ({ call }: { readonly call: string }) => {
    if (call === 'update' && ++updates === 3) process.exit(9)
  })
  return (batch, weights) => pairParts(batch, weights, { config, captionWeight: 1 })
}
