/** HTML that cannot be forgotten to be escaped. */

import { visible } from '../../dsl/diagnostics/terminal_text.ts'

/** Text that is HTML already. */
export interface Markup {
  readonly markup: string
}

/** MarkupPart of a template: text and numbers are escaped, markup is not; nothing and `false` vanish. */
export type MarkupPart = string | number | boolean | undefined | Markup | readonly MarkupPart[]

/** A template tag: every inserted text is escaped, in content and in quoted attributes. */
export function html(texts: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  return { markup: texts.map((text, index) => text + render(parts[index])).join('') }
}

/** Takes text as HTML; for style sheets and numbers that were made here, never for what others wrote. */
export const trusted = (markup: string): Markup => ({ markup })

function render(part: MarkupPart): string {
  if (part === undefined || typeof part === 'boolean') return ''
  if (typeof part === 'object') return 'markup' in part ? part.markup : part.map(render).join('')
  return escapeText(String(part))
}

const entities: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeText = (text: string): string => visible(text).replace(/[&<>"']/g, character => entities[character] ?? '')
