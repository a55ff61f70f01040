/** Reports: the page of a run, verdicts on claims, tables for the terminal. */
export { type JudgedClaim, judgeClaims, type Results, summariseClaims } from './claims.ts'
export { formatMetric, formatNumber, formatSeconds } from './numbers.ts'
export { isReport, type ReportInput, renderReport, writeReport } from './report.ts'
export { alignColumns, type Column, displayWidth, fitText, textTable } from './table.ts'
