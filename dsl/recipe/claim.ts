/** Expectations of metrics. */

/** An expected metric, with its origin. One of `expect`, `at_least`, `at_most` is given. */
export interface Claim {
  /** `STAGE.METRIC`: `retrieval.mean_recall`, `overhead.f1`, `pretrain.mix.caption_loss`. @examples ["retrieval.mean_recall"] @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9_@-]+)+$ */
  metric: string
  /**
   * Another metric, subtracted first: the claim is about the difference. `sao.mean_iou` over `attention.mean_iou` gives
   * the gain by smoothing. @examples ["attention.mean_iou"] @pattern ^[a-z][a-z0-9_-]*(\.[a-z0-9_@-]+)+$
   */
  over?: string
  /** Expected value, within `tolerance`. @examples [12.5] */
  expect?: number
  /** Smallest acceptable value. @examples [5] */
  at_least?: number
  /** Largest acceptable value. @examples [3.2] */
  at_most?: number
  /** Accepted absolute difference from `expect`. @default 0 @minimum 0 */
  tolerance?: number
  /** The origin of the number: a table of the paper, an earlier run. @examples ["a first guess"] */
  origin: string
}
