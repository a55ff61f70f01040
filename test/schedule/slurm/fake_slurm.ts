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
mkdir jobs/$id
sed -n 's/^#SBATCH --job-name=//p' "$script" >jobs/$id/name
folder=$(sed -n 's/^#SBATCH --chdir=//p' "$script")
after=$(echo "$*" | sed -n 's/.*afterok:\\([0-9:]*\\).*/\\1/p' | tr : ' ')
if [ -f state ]; then mv state jobs/$id/state; else
  ( for one in $after; do while [ -d jobs/$id ] && [ ! -f jobs/$one/rc ]; do sleep 0.05; done; done
    [ -d jobs/$id ] && [ ! -f jobs/$id/rc ] || exit
    SLURM_JOB_ID=$id sh "$script" >"$folder/$id.out" 2>&1; echo $? >jobs/$id/rc ) </dev/null >/dev/null 2>&1 &
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
