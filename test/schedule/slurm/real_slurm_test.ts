/** With a real Slurm of one node and two pretended devices; skipped by name where there is none. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { execa } from 'execa'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { jobFolder } from '../../../runtime/schedule/slurm/job_files.ts'
import { jobIdentity } from '../../../runtime/schedule/slurm/script.ts'
import { openStore } from '../../../runtime/store/store.ts'
import { fewLandmarks } from '../../cli/fixtures/landmarks.ts'
import { inTempFolder, projectRoot, sharedPath } from '../../support.ts'
import { plans, runPlanned } from './fixtures/controller.ts'

const starter = sharedPath('slurm_local.sh')
const program = join(projectRoot, 'dist/runtime/cli/main.js')
const controller = join(import.meta.dirname, 'fixtures', 'controller.js')

const present = (name: string): boolean => spawnSync(name, ['--version']).error === undefined

/** Why there is no Slurm; undefined where there is one. */
function obstacle(): string | undefined {
  if (process.env.SLURM_CONF !== undefined) return
  if (!existsSync(starter)) return 'needs shared/slurm_local.sh'
  if (process.getuid?.() !== 0) return 'needs root'
  const missing = ['slurmctld', 'slurmd', 'munged'].find(name => !present(name))
  if (missing !== undefined) return `needs ${missing} (Debian: slurm-wlm, munge)`
  return
}

/** Data, a model, and a measure of it: five jobs. */
const recipe = `
name: small
seed: 1
sources:
  places:
    kind: landmarks
    table: places.geojson
    imagery: blue-marble
    ground_sizes: [600km]
    tiles_per_landmark: 1
    tile_size: 32
    split: { val: 0, test: 0.3 }
    captions: { kind: grammar, per_image: 1 }
models:
  small:
    kind: mammut
    image_size: 16
    patch_size: 4
    vision: { width: 16, layers: 1, heads: 2 }
    text: { width: 16, layers: 2, heads: 2, context_length: 16 }
    embed_dim: 16
    tokenizer: { kind: bpe, vocab_size: 300, from: [places.train] }
train:
  pretrain:
    model: small
    batch_size: 16
    phases:
      - { name: all, data: places.train, samples: 32, learning_rate: 0.001 }
evaluate:
  retrieval: { kind: retrieval, model: pretrain, data: places.test }
`

let slurm: string | undefined

function testWithSlurm(name: string, body: () => Promise<void>): void {
  const reason = obstacle()
  if (reason === undefined) test(name, body)
  else console.log(`skipped: ${name} (${reason})`)
}

test.before(async () => {
  if (obstacle() !== undefined || process.env.SLURM_CONF !== undefined) return
  slurm = await mkdtemp(join(tmpdir(), 'terroir-slurm-'))
  execFileSync('bash', [starter, 'start', slurm], { stdio: 'ignore' })
  process.env.SLURM_CONF = join(slurm, 'slurm.conf')
})

test.after(async () => {
  if (slurm === undefined) return
  execFileSync('bash', [starter, 'stop', slurm], { stdio: 'ignore' })
  // The daemons write their state before they end.
  for (let tries = 0; tries < 50 && existsSync(join(slurm, 'slurmctld.pid')); tries += 1) await setTimeout(100)
  await rm(slurm, { recursive: true, force: true, maxRetries: 5 })
})

/** Numbers, states and devices of the jobs of a store, as Slurm tells. */
async function jobsOf(folder: string): Promise<readonly string[]> {
  const keys = await readdir(join(folder, 'slurm'))
  const own = keys.map(key => jobIdentity({ id: '', key }, openStore(folder)).comment)
  const { stdout } = await execa('squeue', ['-h', '-t', 'all', '-o', '%k|%T|%b'])
  return stdout.split('\n').filter(line => own.some(comment => line.startsWith(comment)))
}

/** Slurm lets a requeued job wait for two minutes; this one need not. */
async function hurry(job: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    await setTimeout(1000)
    const { stdout } = await execa('squeue', ['-h', '-j', job, '-o', '%T'], { reject: false })
    if (stdout.trim() === 'PENDING') return void (await execa('scontrol', ['update', `JobId=${job}`, 'StartTime=now']))
  }
}

testWithSlurm('a recipe under Slurm leaves the lock that it leaves on this machine', () =>
  inTempFolder(async folder => {
    await writeFile(join(folder, 'small.yaml'), recipe)
    await writeFile(join(folder, 'places.geojson'), await fewLandmarks())
    const lockAfter = async (...flags: readonly string[]): Promise<string> => {
      const { exitCode, stderr } = await execa('node', [program, 'run', 'small.yaml', ...flags], {
        cwd: folder,
        reject: false,
      })
      assert.is(exitCode, 0, stderr)
      const text = await readFile(join(folder, 'small.lock'), 'utf8')
      await rm(join(folder, 'small.lock'))
      return text
    }
    const slurm = await lockAfter('--store', 'slurm store', '--executor', 'slurm', '--sbatch', 'time=5')
    assert.is(slurm, await lockAfter('--store', 'local'))
  }),
)

testWithSlurm('a controller killed in the middle: the next run submits no job again and ends alike', () =>
  inTempFolder(async folder => {
    const killed = execa('node', [controller, folder, 'trained'], { reject: false })
    killed.stdout.on('data', text => {
      if (String(text).includes('stage-progress')) killed.kill('SIGKILL')
    })
    assert.is((await killed).signal, 'SIGKILL')
    const { outcome, results } = await runPlanned(folder, { plan: 'trained' })
    assert.is(outcome, 'done')
    assert.is(results.get('trained')?.manifest.metrics.count, 3)
    assert.is((await jobsOf(folder)).length, 2)
  }),
)

testWithSlurm('a job that Slurm requeues goes on from its checkpoint, with the device it asked for', () =>
  inTempFolder(async folder => {
    let requeued = false
    const { outcome, events } = await runPlanned(folder, {
      plan: 'trained',
      pace: { queue: 500 },
      onEvent(event) {
        if (event.kind !== 'stage-progress' || event.progress.done < 5 || requeued) return
        requeued = true
        void execa('squeue', ['-h', '-t', 'R', '-o', '%A %k']).then(async ({ stdout }) => {
          const job = stdout.split('\n').find(line => line.includes(plans.trained.stages[0]?.key ?? '?'))
          const id = job?.split(' ')[0] ?? ''
          await execa('scontrol', ['requeue', id])
          await hurry(id)
        })
      },
    })
    assert.is(outcome, 'done')
    const begins = events.flatMap(event =>
      event.kind === 'stage-log' && event.text.startsWith('goes on') ? [event.text] : [],
    )
    assert.is(begins.length, 2)
    assert.match(begins[0] ?? '', /^goes on from step 0, device \d$/)
    assert.match(begins[1] ?? '', /^goes on from step [1-9]\d*, device \d$/)
    const [trained = ''] = (await jobsOf(folder)).filter(line => line.includes('gpu'))
    assert.match(trained, 'COMPLETED|gres:gpu:1')
    const written = await readdir(jobFolder(openStore(folder), { key: plans.trained.stages[0]?.key ?? '' }))
    assert.is(written.filter(name => name.endsWith('.ndjson')).length, 1, 'one job did all of it')
  }),
)

testWithSlurm('an array makes the parts of a result side by side, also when its controller is killed meanwhile', () =>
  inTempFolder(async folder => {
    const killed = execa('node', [controller, folder, 'slowParts'], { reject: false })
    let told = ''
    const began = (index: number) => told.includes(`{"kind":"stage-started","stage":"photos.${index}"`)
    killed.stdout.on('data', text => {
      told += String(text)
      if (began(0) && began(1) && !told.includes('stage-done')) killed.kill('SIGKILL')
    })
    assert.is((await killed).signal, 'SIGKILL', 'two tasks were at work together')
    const { outcome, results, events } = await runPlanned(folder, { plan: 'slowParts', pace: { queue: 500 } })
    assert.is(outcome, 'done')
    assert.is(results.get('photos')?.manifest.metrics.count, 3)
    const jobs = events.flatMap(event => (event.kind === 'stage-queued' ? [event.job] : []))
    assert.is(new Set(jobs.map(job => job.replace(/_.*/, ''))).size, 2, `an array and a job: ${jobs}`)
    const { stdout } = await execa('squeue', ['-h', '-t', 'all', '--array', '-o', '%j'])
    assert.is(stdout.split('\n').filter(name => name.startsWith('terroir.photos.')).length, 4, 'no task twice')
  }),
)

testWithSlurm('a partition that is not there is told with those that are', () =>
  inTempFolder(async folder => {
    const { faults } = await runPlanned(folder, { plan: 'diamond', options: ['partition=nowhere'] })
    assert.match(faults.join(), 'Invalid partition name specified): set --sbatch partition=NAME; partitions: main')
  }),
)

test.run()
