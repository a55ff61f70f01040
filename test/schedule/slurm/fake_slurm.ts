/** A pretended Slurm: shell programs on the PATH that keep jobs in a folder, and misbehave where a file there says so. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { inTempFolder } from '../../support.ts'

/**
 * `refuse`: sbatch says this and submits nothing. `unclear`: it submits, and says this instead of the number.
 * `kill`: it submits and kills who called it. `state`: the job does not run and is in this state, once only.
 */
const sbatch = `
for script; do :; done
echo "$*" >>calls
if [ -f refuse ]; then cat refuse >&2; exit 1; fi
id=$((100 + $(ls jobs | wc -l)))
folder=$(sed -n 's/^#SBATCH --chdir=//p' "$script")
output=$(sed -n 's/^#SBATCH --output=//p' "$script")
after=$(echo "$*" | sed -n 's/.*afterok:\\([0-9:_]*\\).*/\\1/p' | tr : ' ')
tasks=$(echo "$*" | sed -n 's/.*--array=\\([0-9,-]*\\).*/\\1/p' | tr , '\\n' | while IFS=- read -r first last; do seq $first \${last:-$first}; done)
[ -f state ] && mv state fate
start() {
  mkdir jobs/$1
  sed -n 's/^#SBATCH --job-name=//p' "$script" >jobs/$1/name
  if [ -f fate ]; then mv fate jobs/$1/state; else
    ( for one in $after; do while [ -d jobs/$1 ] && [ ! -f jobs/$one/rc ]; do sleep 0.05; done
        [ "$(cat jobs/$one/rc)" = 0 ] || { echo 1 >jobs/$1/rc; exit; }; done
      [ -d jobs/$1 ] && [ ! -f jobs/$1/rc ] || exit
      out=$(echo "$folder/$output" | sed "s/%j/$1/;s/%A/$id/;s/%a/$2/g")
      SLURM_JOB_ID=$((id + \${2:-0})) SLURM_ARRAY_TASK_ID=$2 sh "$script" >"$out" 2>&1; echo $? >jobs/$1/rc ) </dev/null >/dev/null 2>&1 &
  fi
}
if [ -z "$tasks" ]; then start $id; else
  export SLURM_ARRAY_JOB_ID=$id
  for task in $tasks; do start \${id}_$task $task; done
fi
if [ -f unclear ]; then cat unclear >&2; rm unclear; exit 1; fi
if [ -f kill ]; then rm kill; kill -9 $PPID; fi
echo "$id;cluster"`

/** \`down\`: it says this and fails. \`forget\`: it knows no jobs. */
const squeue = `
if [ -f down ]; then cat down >&2; exit 1; fi
[ -f forget ] && exit 0
for job in jobs/*; do
  [ -d $job ] || continue
  state=RUNNING
  [ -f $job/rc ] && { [ "$(cat $job/rc)" = 0 ] && state=COMPLETED || state=FAILED; }
  [ -f $job/state ] && state=$(cat $job/state)
  echo "$(basename $job)|$state|2:00|856M|$(cat $job/name)||(Resources)"
done`

const sacct = '[ -f accounting ] && cat accounting'
const scancel = `
echo "$*" >>cancelled
for id; do [ -d jobs/$id ] && echo 1 >jobs/$id/rc; done`
const sinfo = 'echo main; echo gpu'

/** The folder of a pretended Slurm. */
export interface FakeSlurm {
  /** Store of the run. */
  readonly store: string
  set(name: 'refuse' | 'unclear' | 'kill' | 'state' | 'down' | 'forget' | 'accounting', text?: string): Promise<void>
  /** Calls of sbatch so far. */
  submissions(): Promise<number>
  cancelled(): Promise<string>
  /** What sbatch was called with, a line a call. */
  calls(): Promise<string>
}

/** Runs `body` with the pretended Slurm first on the PATH. */
export function withFakeSlurm(body: (slurm: FakeSlurm) => Promise<void>): Promise<void> {
  return inTempFolder(async folder => {
    const bin = join(folder, 'bin')
    await mkdir(join(folder, 'jobs'), { recursive: true })
    await mkdir(bin)
    for (const [name, text] of Object.entries({ sbatch, squeue, sacct, scancel, sinfo })) {
      await writeFile(join(bin, name), `#!/bin/sh\ncd '${folder}'\n${text}\n`)
      await chmod(join(bin, name), 0o755)
    }
    const { PATH = '' } = process.env
    process.env.PATH = `${bin}${delimiter}${PATH}`
    const lines = async (name: string) => (await readFile(join(folder, name), 'utf8').catch(() => '')).split('\n')
    try {
      await body({
        store: join(folder, 'store'),
        set: (name, text = '') => writeFile(join(folder, name), text),
        submissions: async () => (await lines('calls')).length - 1,
        calls: async () => (await lines('calls')).join('\n'),
        cancelled: async () => (await lines('cancelled')).join(' ').trim(),
      })
    } finally {
      process.env.PATH = PATH
      await untilIdle(join(folder, 'jobs'))
    }
  })
}

/** Jobs outlive their controller; the folder they write to is removed once they have ended. */
async function untilIdle(jobs: string): Promise<void> {
  for (const job of await readdir(jobs)) {
    const state = await readFile(join(jobs, job, 'state'), 'utf8').catch(() => undefined)
    for (let waited = 0; state === undefined && waited < 200; waited += 1) {
      if ((await readdir(join(jobs, job))).includes('rc')) break
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}
