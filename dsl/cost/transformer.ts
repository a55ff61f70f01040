/** Sizes and products of a transformer, which every model's costs are made of. */

/** Sizes of a transformer. */
export interface TowerSizes extends TowerWidths {
  readonly layers: number
  readonly heads: number
}

/** Hidden channels of the MLP of a tower. */
export const hidden = ({ width, mlp }: TowerWidths): number => mlp ?? 4 * width

/** The widths of a tower. */
export interface TowerWidths {
  readonly width: number
  readonly mlp?: number | undefined
}

/** Numbers that a block keeps for its gradient of each token, without its attention weights. */
export const channels = (of: TowerWidths): number => 9 * of.width + 2 * hidden(of)

/** Numbers that a forward pass holds at most: in a block's MLP, or in its attention where there are many tokens. */
export const forwardHeld = (
  of: TowerSizes,
  { rows, attended }: { readonly rows: number; readonly attended: number },
): number => rows * Math.max(of.width + 2 * hidden(of), 4 * of.width + 2 * of.heads * attended)

/** FLOPs of the matrix products of blocks over `rows` tokens that each attend to `attended` tokens. */
export const blocks = (
  { layers, width, mlp }: TowerWidths & { readonly layers: number },
  { rows, attended }: { readonly rows: number; readonly attended: number },
) => layers * rows * (8 * width ** 2 + 4 * width * hidden({ width, mlp }) + 4 * attended * width)
