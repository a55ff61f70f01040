/** Published sets of prompt templates for overhead imagery, word by word as their sources have them. */

/**
 * A published set of prompt templates: `clip-eurosat` (3) and `clip-resisc45` (18) are those of CLIP for these
 * datasets, `skyscript` (2) those of SkyScript for all of its, `remote-sensing` all of them, each once.
 * @source Radford et al., arXiv 2103.00020: github.com/openai/CLIP, data/prompts.md; Wang et al., arXiv 2312.12856: github.com/wangzhecheng/SkyScript, prompt_templates.py
 */
export type TemplateSet = 'remote-sensing' | 'clip-eurosat' | 'clip-resisc45' | 'skyscript'

/** Prompts for EuroSAT in CLIP's `data/prompts.md`. */
const clipEurosat = [
  'a centered satellite photo of {}.',
  'a centered satellite photo of a {}.',
  'a centered satellite photo of the {}.',
]

/** Prompts for RESISC45 in CLIP's `data/prompts.md`. */
const clipResisc45 = [
  'satellite imagery of {}.',
  'aerial imagery of {}.',
  'satellite photo of {}.',
  'aerial photo of {}.',
  'satellite view of {}.',
  'aerial view of {}.',
  'satellite imagery of a {}.',
  'aerial imagery of a {}.',
  'satellite photo of a {}.',
  'aerial photo of a {}.',
  'satellite view of a {}.',
  'aerial view of a {}.',
  'satellite imagery of the {}.',
  'aerial imagery of the {}.',
  'satellite photo of the {}.',
  'aerial photo of the {}.',
  'satellite view of the {}.',
  'aerial view of the {}.',
]

/** Prompts for AID, EuroSAT, fMoW, Million-AID, NWPU, PatternNet, RSI-CB and SkyScript in SkyScript's `prompt_templates.py`. */
const skyscript = ['a satellite photo of {}.', 'a satellite image of {}']

/** The templates of each set. A's before vowels stay as they are published. */
export const templateSets: { readonly [set in TemplateSet]: readonly string[] } = {
  'remote-sensing': [...clipResisc45, ...clipEurosat, ...skyscript],
  'clip-eurosat': clipEurosat,
  'clip-resisc45': clipResisc45,
  skyscript,
}

/** Templates as they are written or as the set of this name has them. */
export const templatesOf = (templates: TemplateSet | readonly string[]): readonly string[] =>
  typeof templates === 'string' ? templateSets[templates] : templates
