/** Runs stages that do nothing: `schedule_terroir.js process|inside COUNT FOLDER`. One line of JSON comes out. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Plan, Stage } from '../../dsl/compile/plan.ts'
import { runLocally } from '../../runtime/schedule/run_local.ts'
import { runPlan } from '../../runtime/schedule/run_plan.ts'
import { openStore, type Result } from '../../runtime/store/store.ts'

const [where = 'process', count = '1000', folder = ''] = process.argv.slice(2)

const stageOf = (index: number): Stage => ({
  id: `stage-${index}`,
  kind: 'touch',
  version: 1,
  params: { index },
  settings: {},
  inputs: index === 0 ? {} : { before: { stage: 'stage-0' } },
  externals: [],
  files: {},
  needs: { slots: 0, memory: 1 },
  key: createHash('sha256').update(String(index)).digest('hex'),
  path: ['sources', 'stage'],
})

const plan: Plan = {
  name: 'bench',
  description: '',
  engine: 'cpu',
  stages: Array.from({ length: Number(count) }, (_, index) => stageOf(index)),
  claims: [],
}

const common = {
  found: new Map<string, Result>(),
  forced: new Set<string>(),
  keepGoing: false,
  signal: new AbortController().signal,
  onEvent: () => undefined,
}

const nothing = {
  metrics: {},
  summary: '',
  exhibits: [],
  warnings: [],
  files: {},
  digest: '',
  engine: 'cpu',
  seconds: 0,
}

const began = performance.now()
const { outcome } =
  where === 'process'
    ? await runLocally(plan, {
        ...common,
        store: openStore(folder),
        jobs: 2,
        entry: join(import.meta.dirname, 'schedule_worker.js'),
      })
    : await runPlan(plan, {
        ...common,
        run: 'bench',
        executor: {
          placement: { kind: 'when-ready', limits: { slots: 0, jobs: 2, memory: 100 } },
          start: ({ id, key, kind, version }) => ({
            ended: Promise.resolve({
              kind: 'done',
              result: { folder: '', manifest: { ...nothing, id, key, kind, version } },
              peakMemory: 0,
              cached: false,
            }),
            stop: () => undefined,
          }),
        },
      })
const milliseconds = performance.now() - began
console.log(JSON.stringify({ outcome, milliseconds, memory: process.resourceUsage().maxRSS * 1024 }))
