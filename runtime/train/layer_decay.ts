/** Learning rates that fall with the distance to the output, as BEiT and MAE fine-tune (Bao et al., arXiv 2106.08254). */

/**
 * What multiplies the learning rate of each parameter: `decay` to the number of layers above it. A tower of n blocks has
 * n + 2 layers: its embeddings of patches, words and positions; each block; what comes after the last one. What belongs
 * to no tower, the logit scale, is not scaled. Throws where no name is one of a block.
 */
export function layerScales(names: readonly string[], decay: number): ReadonlyMap<string, number> {
  const blocks = new Map<string, number>()
  for (const name of names) {
    const { tower, block } = placeOf(name)
    if (tower !== undefined && block !== undefined) blocks.set(tower, Math.max(blocks.get(tower) ?? 0, block + 1))
  }
  if (blocks.size === 0) throw new Error("No parameter is one of a block, so 'layer_decay' has no layers to tell apart")
  return new Map(
    names.map(name => {
      const { tower, block } = placeOf(name)
      const count = tower === undefined ? undefined : blocks.get(tower)
      if (count === undefined) return [name, 1]
      const layer = block !== undefined ? block + 1 : /\.(\w+_embed|token_embedding)\b/.test(name) ? 0 : count + 1
      return [name, decay ** (count + 1 - layer)]
    }),
  )
}

/** `visual.blocks.3.attn.in_proj.weight` -> tower `visual`, block 3. */
function placeOf(name: string): { readonly tower: string | undefined; readonly block?: number } {
  const [, tower, block] = /^(visual|text)\.(?:blocks\.(\d+)\.)?/.exec(name) ?? []
  return { tower, ...(block !== undefined && { block: Number(block) }) }
}
