import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Stage } from '../../../dsl/compile/plan.ts'
import { parseQueue } from '../../../runtime/schedule/slurm/commands.ts'
import { concludeJob } from '../../../runtime/schedule/slurm/conclusion.ts'
import { parseJobSpec } from '../../../runtime/schedule/slurm/job_files.ts'
import { parseEnd, parseJobLine } from '../../../runtime/schedule/slurm/messages.ts'
import { mergeOptions, parseSbatchOption } from '../../../runtime/schedule/slurm/options.ts'
import {
  arrayOption,
  dependencyOption,
  inSubmissions,
  isJobOf,
  jobIdentity,
  sbatchOptions,
  scriptText,
  submissionOptions,
  taskOf,
} from '../../../runtime/schedule/slurm/script.ts'
import { phaseOf, waitText } from '../../../runtime/schedule/slurm/states.ts'
import { openStore } from '../../../runtime/store/store.ts'
import { diamond } from '../fixtures/diamond.ts'
import { partedStages, stage } from '../support.ts'

const store = openStore('/shared/my store')
const row = (state: string) => parseQueue(`12|${state}|2:00|4G|name|comment|None`)[0] ?? 'absent'

test('the queue is read as squeue prints it, reasons with commas and bars included', () => {
  const table =
    '7|PENDING|UNLIMITED|100M|a|(null)|(Nodes, down | drained)\nslurm warns\n8|CANCELLED by 0|1:00|1G|b|c|None\n'
  assert.equal(
    parseQueue(table).map(({ id, phase, reason, comment }) => [id, phase, reason, comment]),
    [
      ['7', 'waiting', 'Nodes, down | drained', '(null)'],
      ['8', 'cancelled', 'None', 'c'],
    ],
  )
})

test('a state that is not known is no end', () => {
  assert.is(phaseOf('HIBERNATING'), 'running')
  assert.is(phaseOf('OUT_OF_MEMORY'), 'memory')
})

test('a reason for which a job waits for ever comes with what to do', () => {
  assert.is(waitText('7', 'Resources'), 'job 7: Resources')
  assert.match(waitText('7', 'PartitionTimeLimit'), 'job 7 cannot start (PartitionTimeLimit)')
  assert.match(waitText('7', 'JobHeldUser'), 'scontrol release 7')
})

test('a published result counts whatever Slurm says, a fault only once Slurm could say more', () => {
  const done = { kind: 'done', cached: false, peakMemory: 1 } as const
  const fault = {
    kind: 'fault',
    fault: { text: 'x', class: 'user', doing: '', lastLines: [], log: '' },
    peakMemory: 1,
  } as const
  const overdue = false
  for (const queue of ['unknown', 'absent', row('RUNNING'), row('TIMEOUT')] as const)
    assert.is(concludeJob({ queue, end: done, overdue }).kind, 'end')
  assert.equal(concludeJob({ queue: row('RUNNING'), end: fault, overdue }), { kind: 'wait' })
  assert.equal(concludeJob({ queue: row('PENDING'), end: { kind: 'stopped' }, overdue }), { kind: 'wait' })
  assert.equal(concludeJob({ queue: row('OUT_OF_MEMORY'), end: fault, overdue }), { kind: 'silent', phase: 'memory' })
  assert.is(concludeJob({ queue: row('FAILED'), end: fault, overdue }).kind, 'end')
  assert.is(concludeJob({ queue: 'unknown', end: fault, overdue }).kind, 'end')
})

test('without a word nothing is decided before files must be seen, and never while the queue is silent', () => {
  for (const state of ['COMPLETED', 'FAILED']) {
    assert.equal(concludeJob({ queue: row(state), end: undefined, overdue: false }), { kind: 'wait' })
    assert.is(concludeJob({ queue: row(state), end: undefined, overdue: true }).kind, 'silent')
  }
  assert.equal(concludeJob({ queue: 'absent', end: undefined, overdue: true }), { kind: 'silent', phase: 'gone' })
  assert.equal(concludeJob({ queue: 'unknown', end: undefined, overdue: true }), { kind: 'wait' })
})

test('an option is for all jobs, or for those of a stage or entry', () => {
  const read = (text: string) => parseSbatchOption(diamond.plan, text)
  assert.equal(read('gres=gpu:a100:1'), { name: 'gres', value: 'gpu:a100:1' })
  assert.equal(read('--exclusive'), { name: 'exclusive' })
  assert.equal(read('joined:time=1-00:00:00'), { name: 'time', value: '1-00:00:00', stages: new Set(['joined']) })
})

for (const [text, words] of [
  ['jioned:time=1', "no stage 'jioned' in the recipe"],
  ['=5', 'write NAME=VALUE or STAGE:NAME=VALUE'],
  ['job-name=mine', "terroir sets 'job-name' itself"],
  ['reservation="a"', 'the value holds a quote'],
] as const) {
  test(`the option ${text} is refused with a reason`, () => {
    assert.throws(
      () => parseSbatchOption(diamond.plan, text),
      (error: Error) => error.message.includes(words),
    )
  })
}

test('later options take the place of earlier ones and of their rivals', () => {
  const merged = mergeOptions([{ name: 'mem', value: '1G' }, { name: 'requeue' }, { name: 'mem-per-cpu', value: '2G' }])
  assert.equal(
    [...merged],
    [
      ['requeue', undefined],
      ['mem-per-cpu', '2G'],
    ],
  )
})

test('a stage that needs a device asks for one, unless it computes on processors', () => {
  const gpu = stage('train', 'good', { slots: 2 })
  const gres = (engine: string) => sbatchOptions(gpu, { store, engine, given: [] }).get('gres')
  assert.is(gres('auto'), 'gpu:2')
  assert.is(gres('cpu'), undefined)
})

test('a job is named by stage, key and store', () => {
  const { name, comment } = jobIdentity(diamond.left, store)
  assert.ok(name.startsWith(`terroir.left.${diamond.left.key.slice(0, 16)}.`))
  assert.match(comment, diamond.left.key)
  assert.is.not(jobIdentity(diamond.left, openStore('/shared/other')).name, name)
})

test('a script quotes paths for Slurm and for the shell, and waits for one job of its name', () => {
  const text = scriptText(sbatchOptions(diamond.left, { store, engine: 'cpu', given: [] }), {
    stage: diamond.left,
    store: openStore("/it's here"),
  })
  assert.match(text, /^#SBATCH --chdir="\/shared\/my store\/slurm\/[0-9a-f]{64}"$/m)
  assert.match(text, "'/it'\\''s here/slurm/")
  assert.is(dependencyOption([]), '--dependency=singleton')
  assert.is(dependencyOption(['7', '8']), '--dependency=afterok:7:8,singleton')
})

test('parts of one result are one array: its script leads each task to its folder, and the queue tells them apart', () => {
  const [first, second, third, join] = partedStages('photos', 'good', 3)
  if (first === undefined || second === undefined || third === undefined || join === undefined) throw new Error('none')
  const optionsOf = (one: Stage) => sbatchOptions(one, { store, engine: 'cpu', given: [] })
  const groups = inSubmissions([first, second, third, join], optionsOf)
  assert.equal(
    groups.map(group => group.length),
    [3, 1],
  )
  assert.match(scriptText(optionsOf(first), { stage: first, store }), /[0-9a-f]{64}'\/"\$SLURM_ARRAY_TASK_ID"\n$/)
  assert.is(optionsOf(second).get('output'), '%a/%A_%a.out')
  assert.equal(submissionOptions([first, third], []), ['--array=0,2', '--dependency=singleton'])
  assert.is(arrayOption([0, 1, 2, 5, 7, 8]), '--array=0-2,5,7-8')
  assert.is(taskOf('12', third), '12_2')
  const { name, comment } = jobIdentity(third, store)
  assert.ok(isJobOf({ id: '12_2', name, comment }, third, store))
  assert.not.ok(isJobOf({ id: '12_1', name, comment }, third, store))
  assert.not.ok(isJobOf({ id: '12', name, comment }, third, store))
  assert.not.ok(isJobOf({ id: '13', ...jobIdentity(third, store) }, join, store))
})

test('stages of one result that ask for other things are submitted apart', () => {
  const stages = partedStages('photos', 'good', 2)
  const given = [{ name: 'mem', value: '9G', stages: new Set(['photos.1']) }]
  const groups = inSubmissions(stages, one => sbatchOptions(one, { store, engine: 'cpu', given }))
  assert.is(groups.length, 3)
})

test('what lies in the folder of a job is read only where it is whole', () => {
  assert.is(parseJobLine('{"kind":"began","host":"a"'), undefined)
  assert.equal(parseJobLine('{"kind":"log","text":"x"}'), { kind: 'log', text: 'x' })
  const logged = { kind: 'log', text: 'x', values: { step: 1, loss: 0.5 } }
  assert.equal(parseJobLine(JSON.stringify(logged)), logged)
  assert.is(parseJobLine('{"kind":"log","text":"x","values":{"loss":null}}'), undefined)
  assert.is(parseEnd('{"kind":"done"}'), undefined)
  assert.equal(parseEnd('{"kind":"stopped"}'), { kind: 'stopped' })
  assert.is(parseJobSpec('{"stage":{}}'), undefined)
})

test.run()
