/** Layer-wise learning rate decay, as BEiT and MAE fine-tune (Bao et al., arXiv 2106.08254). */
import { UserFault } from '../../dsl/diagnostics/faults.ts'

/**
 * The factor of the learning rate of each parameter: `decay` to the power of the number of layers above it. A tower of n
 * blocks has n + 2 layers: the embeddings of patches, tokens, class and positions; each block; everything after the last
 * block. The logit scale belongs to no tower and has the factor 1. Names are those of MaMMUT or of OpenCLIP, whose text
 * tower is everything without the prefix `visual.`. Throws if no name belongs to a block.
 */
export function layerScales(names: readonly string[], decay: number): ReadonlyMap<string, number> {
  const counts = new Map<TowerName, number>()
  for (const name of names) {
    const block = blockOf(name)
    if (block !== undefined) counts.set(towerOf(name), Math.max(counts.get(towerOf(name)) ?? 0, block + 1))
  }
  if (counts.size === 0)
    throw new UserFault("No parameter is one of a block, so 'layer_decay' has no layers to tell apart", {
      place: 'optimizer.layer_decay',
    })
  return new Map(
    names.map(name => {
      const count = counts.get(towerOf(name))
      if (count === undefined || name === 'logit_scale') return [name, 1]
      const block = blockOf(name)
      const layer = block !== undefined ? block + 1 : isEmbedding(name) ? 0 : count + 1
      return [name, decay ** (count + 1 - layer)]
    }),
  )
}

type TowerName = 'visual' | 'text'

const towerOf = (name: string): TowerName => (name.startsWith('visual.') ? 'visual' : 'text')

/** `visual.blocks.3.attn.in_proj.weight` -> 3. */
function blockOf(name: string): number | undefined {
  const number = /(?:^|\.)(?:res)?blocks\.(\d+)\./.exec(name)?.[1]
  return number === undefined ? undefined : Number(number)
}

const isEmbedding = (name: string): boolean =>
  /^(visual\.|text\.)?(patch_embed|pos_embed|token_embedding|positional_embedding|class_embedding|conv1|ln_pre)\b/.test(
    name,
  )
