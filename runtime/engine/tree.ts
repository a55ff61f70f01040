/** Nested records of tensors, and their leaves by path. */

/** A leaf, or records and lists of trees. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> }

/** A leaf with its path: `params.visual.proj`. */
export interface NamedLeaf<Leaf> {
  readonly path: string
  readonly leaf: Leaf
}

const join = (path: string, name: string | number): string => (path === '' ? String(name) : `${path}.${name}`)

/** Children by name; throws where the value is no tree. */
function childrenOf<Leaf>(tree: Tree<Leaf>, path: string): [string, Tree<Leaf>][] {
  if (typeof tree === 'object' && tree !== null) return Object.entries(tree)
  const subject = path === '' ? 'The whole' : `'${path}'`
  throw new Error(`${subject} is ${tree === null ? 'null' : typeof tree}, not a tensor or a record of tensors`)
}

/** Leaves in key order of insertion; throws where something is neither leaf nor tree. */
export function leavesOf<Leaf>(
  tree: Tree<Leaf>,
  isLeaf: (value: unknown) => value is Leaf,
  path = '',
): NamedLeaf<Leaf>[] {
  if (isLeaf(tree)) return [{ path, leaf: tree }]
  return childrenOf(tree, path).flatMap(([name, child]) => leavesOf(child, isLeaf, join(path, name)))
}

/** Tests if a tree has the names of `like` in the same order; calls `take` with each leaf and its counterpart. */
export function follows<Leaf, Other>(
  tree: Tree<Leaf>,
  like: Tree<Other>,
  options: FollowOptions<Leaf, Other>,
): boolean {
  if (options.isOther(like)) return options.isLeaf(tree) && options.take(tree, like)
  if (typeof tree !== 'object' || tree === null || options.isLeaf(tree)) return false
  const [names, expected] = [Object.keys(tree), Object.keys(like)]
  const [children, others] = [tree as Record<string, Tree<Leaf>>, like as Record<string, Tree<Other>>]
  if (names.length !== expected.length || Array.isArray(tree) !== Array.isArray(like)) return false
  return names.every((name, i) => {
    const [child, other] = [children[name], others[name]]
    return name === expected[i] && child !== undefined && other !== undefined && follows(child, other, options)
  })
}

/** Options of `follows`. */
export interface FollowOptions<Leaf, Other> {
  readonly isLeaf: (value: unknown) => value is Leaf
  readonly isOther: (value: unknown) => value is Other
  /** False ends the walk. */
  readonly take: (leaf: Leaf, other: Other) => boolean
}

/** The same tree with every leaf replaced by `change(leaf, path)`; throws where something is neither leaf nor tree. */
export function mapTree<From, To>(
  tree: Tree<From>,
  isLeaf: (value: unknown) => value is From,
  change: (leaf: From, path: string) => To,
  path = '',
): Tree<To> {
  if (isLeaf(tree)) return change(tree, path)
  if (Array.isArray(tree)) return tree.map((child, i) => mapTree(child as Tree<From>, isLeaf, change, join(path, i)))
  const mapped: Record<string, Tree<To>> = {}
  for (const [name, child] of childrenOf(tree, path)) mapped[name] = mapTree(child, isLeaf, change, join(path, name))
  return mapped
}
