/** A binary heap: the first of many by an order, each change in logarithmic time. */

/** A queue that hands out its first element. */
export interface Heap<T> {
  readonly size: number
  peek(): T | undefined
  push(item: T): void
  pop(): T | undefined
  clear(): void
}

/** An empty heap; `before` says whether its first argument comes out before its second. */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  const items: T[] = []

  function isBefore(a: number, b: number): boolean {
    const [first, second] = [items[a], items[b]]
    return first !== undefined && second !== undefined && before(first, second)
  }
  function swap(a: number, b: number): void {
    const [first, second] = [items[a], items[b]]
    if (first === undefined || second === undefined) return
    items[a] = second
    items[b] = first
  }
  function rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!isBefore(at, parent)) return
      swap(at, parent)
      at = parent
    }
  }
  function sink(): void {
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const child = isBefore(right, left) ? right : left
      if (!isBefore(child, at)) return
      swap(at, child)
      at = child
    }
  }

  return {
    get size() {
      return items.length
    },
    peek: () => items[0],
    push(item) {
      items.push(item)
      rise(items.length - 1)
    },
    pop() {
      const first = items[0]
      const last = items.pop()
      if (items.length > 0 && last !== undefined) {
        items[0] = last
        sink()
      }
      return first
    },
    clear() {
      items.length = 0
    },
  }
}
