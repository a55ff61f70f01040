/** The style sheet of the report: one column of text, wide figures, light and dark, screen and paper. */
import { trusted } from './markup.ts'

/** Colours of series, told apart by people of any colour vision (after Okabe and Ito), for a light and a dark ground. */
const series = {
  light: ['#0b6e99', '#c2541c', '#00795b', '#a23b78', '#8a6a00', '#51565c'],
  dark: ['#6cb8e0', '#f0935c', '#4cc39c', '#e08fc0', '#e0bd4a', '#aab0b7'],
} as const

const variables = (colours: readonly string[]): string =>
  colours.map((colour, index) => `--s${index}: ${colour};`).join(' ')

/** CSS text. */
export const style = trusted(`
:root {
  color-scheme: light dark;
  --paper: #fdfcf9; --ink: #22211f; --soft: #66635c; --rule: #dedad0; --wash: #f5f2ea; --accent: #0b5d7d;
  --good: #1d6b45; --good-wash: #e3f1e8; --bad: #a3341f; --bad-wash: #f9e6e0; --neutral-wash: #ece8de;
  ${variables(series.light)}
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", "URW Palladio L", P052, Georgia, "DejaVu Serif", serif;
  --sans: ui-sans-serif, "Helvetica Neue", "Segoe UI", Roboto, "Noto Sans", Arial, "DejaVu Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #e7e4dd; --soft: #a19e96; --rule: #35383d; --wash: #1e2125; --accent: #7cc3e4;
    --good: #7fcfa3; --good-wash: #1b3327; --bad: #f2937c; --bad-wash: #42221a; --neutral-wash: #2c2f34;
    ${variables(series.dark)}
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.55 var(--serif); }
main { max-width: 62rem; margin: 0 auto; padding: 4.5rem 1.5rem 6rem; counter-reset: section figure table; }
h1, h2, h3 { font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: 2.6rem; letter-spacing: -0.015em; margin: 0 0 0.6rem; }
h2 { font-size: 1.6rem; margin: 0 0 0.35rem; letter-spacing: -0.005em; }
h3 { font: 600 0.92rem/1.4 var(--mono); margin: 2.2rem 0 0.2rem; }
p { margin: 0 0 0.8rem; max-width: 42rem; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 0.15em; }
.lead { font-size: 1.2rem; line-height: 1.5; color: var(--ink); }
.facts, .kicker, .seconds { font: 0.82rem/1.5 var(--sans); color: var(--soft); }
.kicker { margin: 0 0 0.2rem; letter-spacing: 0.06em; text-transform: uppercase; font-size: 0.72rem; }
section { margin-top: 4rem; padding-top: 1.6rem; border-top: 1px solid var(--rule); }
header + section { margin-top: 2.5rem; }
.verdict { font-size: 1.12rem; }
.seconds { white-space: nowrap; }
.missing { color: var(--soft); font-style: italic; }

table { border-collapse: collapse; font: 0.86rem/1.4 var(--sans); font-variant-numeric: tabular-nums; }
figcaption { text-align: left; font: 0.92rem/1.45 var(--serif); padding: 0 0 0.7rem; max-width: 44rem; }
figcaption b { font-weight: 600; }
figcaption b::before { counter-increment: figure; content: "Figure " counter(figure) ". "; }
.table figcaption b::before { counter-increment: table; content: "Table " counter(table) ". "; }
.note { color: var(--soft); }
th, td { padding: 0.32rem 1.1rem 0.32rem 0; text-align: left; vertical-align: baseline; font-weight: 400; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); border-bottom: 1px solid var(--ink); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
tbody:last-child tr:last-child > * { border-bottom: 1px solid var(--ink); }
.number { text-align: right; white-space: nowrap; }
table.matrix th, table.matrix td { padding: 0.2rem 0.3rem; font-size: 0.76rem; min-width: 1.9rem; border: 0; }
table.matrix th:first-child, table.matrix td:first-child { padding-left: 0; padding-right: 0.7rem; }
table.matrix tr > :first-child { position: sticky; left: 0; background: var(--paper); }
table.matrix tbody tr:last-child > * { border: 0; }
table.matrix .number { text-align: center; }
table.matrix thead th.number { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; vertical-align: middle; }
table.matrix td.number { background: color-mix(in srgb, var(--s0) calc(var(--share) * 0.55), transparent); }
.scroll { overflow-x: auto; max-width: 100%; }
.claims td:first-child { font-weight: 600; }
.claims { width: 100%; }
.claims code { font-size: 0.94em; color: var(--soft); white-space: nowrap; }

code { font-family: var(--mono); font-size: 0.86em; }
.tag { display: inline-block; padding: 0.05em 0.6em 0.1em; border-radius: 1em; font: 600 0.74rem/1.5 var(--sans); white-space: nowrap; }
.good { color: var(--good); background: var(--good-wash); }
.bad { color: var(--bad); background: var(--bad-wash); }
.neutral { color: var(--soft); background: var(--neutral-wash); }

dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.2rem, 1fr)); gap: 0.7rem 1.4rem; margin: 1rem 0 0; }
dl div { border-top: 1px solid var(--rule); padding-top: 0.35rem; min-width: 0; }
dt { font: 0.74rem/1.3 var(--mono); color: var(--soft); overflow-wrap: anywhere; }
dd { margin: 0.1rem 0 0; font: 500 1.08rem/1.3 var(--sans); font-variant-numeric: tabular-nums; }

.exhibits { display: grid; grid-template-columns: minmax(0, 1fr); gap: 2.2rem; margin-top: 1.8rem; }
.exhibits:empty { display: none; }
.exhibit { margin: 0; min-width: 0; }
@media (min-width: 56rem) {
  .exhibits { grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 2.6rem; }
  .exhibit { grid-column: 1 / -1; }
  .exhibit.half { grid-column: auto; }
}
.grid-of-figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1.4rem 1.1rem; }
.figure { margin: 0; min-width: 0; font: 0.78rem/1.4 var(--sans); }
.figure img, .lost { display: block; width: 100%; height: auto; border-radius: 3px; background: var(--wash); }
.figure img.crisp { image-rendering: pixelated; }
.lost { display: grid; place-items: center; aspect-ratio: 1; color: var(--soft); font-style: italic; text-align: center; }
.figure .tag { margin-top: 0.5rem; }
.figure p { margin: 0.4rem 0 0; overflow-wrap: anywhere; }
.figure p + p { margin-top: 0.25rem; color: var(--soft); }
table.strips { table-layout: fixed; width: min(100%, calc(var(--columns) * 12.6rem)); min-width: calc(var(--columns) * 7rem); }
table.strips th, table.strips td { border: 0 !important; padding: 0 1rem 1.3rem 0; vertical-align: top; }
table.strips thead th { padding-bottom: 0.5rem; vertical-align: bottom; font-size: 0.78rem; }
.figure.query p { margin: 0; font: italic 0.95rem/1.4 var(--serif); color: var(--ink); }
.key { display: flex; flex-wrap: wrap; gap: 0.3rem 1.6rem; font: 0.78rem/1.5 var(--sans); color: var(--soft); margin: 0.6rem 0 0; max-width: none; }
.colour-bar { display: inline-flex; gap: 0.5em; align-items: center; }
.colour-bar i { display: inline-block; width: 7rem; height: 0.6rem; border-radius: 2px; }

svg { display: block; font-family: var(--sans); }
svg text { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.chart { width: 100%; max-width: 36rem; height: auto; }
.chart .grid line { stroke: var(--rule); stroke-width: 1; }
.chart path { fill: none; stroke-linejoin: round; }
.chart .line { stroke-width: 2; }
.chart .raw { stroke-width: 0.8; opacity: 0.35; }
.chart .label { font-weight: 600; stroke: none; }
${series.light.map((_, index) => `.chart path.s${index} { stroke: var(--s${index}); } .chart .label.s${index}, .chart .dot.s${index} { fill: var(--s${index}); } .legend .s${index} { color: var(--s${index}); }`).join('\n')}
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; list-style: none; margin: 0.3rem 0 0; padding: 0; font: 0.8rem/1.5 var(--sans); }
.legend li::before { content: ""; display: inline-block; width: 1.3em; border-top: 2.5px solid currentColor; vertical-align: 0.25em; margin-right: 0.5em; }
.legend span { color: var(--ink); }

.graph { max-width: 100%; height: auto; margin: 0 auto; }
.graph .edge { fill: none; stroke: var(--soft); stroke-width: 1.1; opacity: 0.6; }
.graph rect { fill: var(--wash); stroke: var(--rule); }
.graph a:hover rect, .graph a:focus rect { stroke: var(--accent); }
.graph text { text-anchor: middle; }
.graph .id { font: 600 11.5px var(--mono); fill: var(--ink); }
.graph .state { font-size: 10px; }
.graph .absent rect { fill: none; stroke: var(--soft); stroke-dasharray: 4 3; }
.graph .absent .id { fill: var(--soft); }
details { margin-top: 1.2rem; font: 0.84rem/1.5 var(--sans); color: var(--soft); }
details li { overflow-wrap: anywhere; }
footer { margin-top: 5rem; font: 0.8rem/1.5 var(--sans); color: var(--soft); }

@media (max-width: 40rem) {
  body { font-size: 16px; }
  main { padding: 2.2rem 1.1rem 4rem; }
  h1 { font-size: 2rem; }
  section { margin-top: 2.8rem; }
  .claims thead { display: none; }
  .claims, .claims tbody, .claims tr, .claims td { display: block; }
  .claims tr { padding: 0.7rem 0; border-bottom: 1px solid var(--rule); }
  .claims td, .claims tbody tr:last-child > * { display: flex; gap: 1rem; justify-content: space-between; border: 0 !important; padding: 0.1rem 0; text-align: right; }
  .claims td::before { content: attr(data-label); color: var(--soft); font-weight: 400; text-align: left; }
  .grid-of-figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --rule: #bbb; --wash: #f4f4f4; --accent: #000; ${variables(series.light)} }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  .exhibit.table, .figure, tr, dl div, .chart { break-inside: avoid; }
  h2, h3, figcaption { break-after: avoid; }
  .scroll { overflow: visible; }
  a { text-decoration: none; color: inherit; }
}
`)
