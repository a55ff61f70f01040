/** Stage `rules`: drops samples by cheap rules on alt text and image. */
import { readSamples } from '../../data/dataset.ts'
import { brokenImageRule, brokenTextRule, greyContrast, type Rules } from '../../data/filters/rules.ts'
import { decodeImage } from '../../data/image.ts'
import type { SampleFiles } from '../../data/sample.ts'
import type { StageContext, StageResult } from '../context.ts'
import { concludeFilter, type Verdict } from './conclude.ts'

/** Keeps the captions that pass; a sample goes where its image fails or no caption is left. Metrics as all filters. */
export async function run(context: StageContext<'rules'>): Promise<StageResult> {
  const rules = readRules(context.params)
  const { folder, split } = context.inputs.data
  const verdicts: Verdict[] = []
  for await (const sample of readSamples(folder, split)) {
    context.signal.throwIfAborted()
    verdicts.push(await judge(sample, rules))
  }
  return concludeFilter(context, verdicts)
}

async function judge({ image, maskFiles: _, ...sample }: SampleFiles, rules: Rules): Promise<Verdict> {
  const { data, width, height } = await decodeImage(image, { name: `'${sample.key}'` })
  const captions = sample.captions.filter(caption => brokenTextRule(caption, rules) === undefined)
  const textRule = captions.length > 0 ? undefined : brokenTextRule(sample.captions[0] ?? '', rules)
  const dropped = brokenImageRule({ width, height, contrast: greyContrast(data) }, rules) ?? textRule
  return {
    sample: dropped === undefined ? { ...sample, captions } : sample,
    dropped,
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
