/** Stage `rules`: drops samples by cheap rules on alt text and image. */
import { rules as definition } from '../../../dsl/kinds/filters/rules.ts'
import { readSamples } from '../../data/dataset.ts'
import {
  blockedWordIn,
  brokenImageRule,
  brokenTextRule,
  greyContrast,
  type Rules,
  wordsOf,
} from '../../data/filters/rules.ts'
import { decodeImage } from '../../data/image.ts'
import type { SampleFiles } from '../../data/sample.ts'
import type { StageContext, StageResult } from '../context.ts'
import { concludeFilter, type Verdict } from './conclude.ts'

type RuleVerdict = Verdict<typeof definition.scores>

/** Keeps the captions that pass; a sample goes where its image fails or no caption is left. Metrics as all filters. */
export const run = (context: StageContext<'rules'>): Promise<StageResult> =>
  concludeFilter(context, { scores: definition.scores, verdicts: verdictsOf(context) })

async function* verdictsOf({ inputs, params, signal }: StageContext<'rules'>): AsyncGenerator<RuleVerdict> {
  const rules = readRules(params)
  for await (const sample of readSamples(inputs.data.folder, inputs.data.split)) {
    signal.throwIfAborted()
    yield await judge(sample, rules)
  }
}

async function judge({ image, maskFiles: _, ...sample }: SampleFiles, rules: Rules): Promise<RuleVerdict> {
  const { data, width, height } = await decodeImage(image, { name: `'${sample.key}'` })
  const contrast = greyContrast(data)
  const captions = sample.captions.filter(caption => brokenTextRule(caption, rules) === undefined)
  const [first = ''] = sample.captions
  const textRule = captions.length > 0 ? undefined : brokenTextRule(first, rules)
  const dropped = brokenImageRule({ width, height, contrast }, rules) ?? textRule
  const words = wordsOf(first)
  return {
    sample: dropped === undefined ? { ...sample, captions } : sample,
    dropped,
    scores: {
      ...{ width, height, contrast },
      aspect: Math.max(width, height) / Math.min(width, height),
      words: words.length,
      blocked_word: blockedWordIn(words, rules),
      captions_dropped: sample.captions.length - captions.length,
    },
    remark: `${width} x ${height} px`,
  }
}

const readRules = (params: StageContext<'rules'>['params']): Rules => ({
  minWords: params.min_words,
  maxWords: params.max_words,
  blockedWords: params.blocked_words,
  minSide: params.min_side,
  maxAspect: params.max_aspect,
  minContrast: params.min_contrast,
})
