/**
 * Runs in a worker before anything else and closes what Node's permission model leaves open: the network, which it
 * does not know, and programs, which it allows all or none of. It runs in every thread of the worker: only a
 * CommonJS module is loaded before the code of a thread, which is why this file is one and imports nothing of its own.
 */
const childProcess: typeof import('node:child_process') = require('node:child_process')
const dgram: typeof import('node:dgram') = require('node:dgram')
const dns: typeof import('node:dns') = require('node:dns')
const nodeModule: typeof import('node:module') = require('node:module')
const net: typeof import('node:net') = require('node:net')
const threads: typeof import('node:worker_threads') = require('node:worker_threads')

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string'

/** The fault of an access that was not granted; `refusal.ts` has the words for it. */
const refusal = (refused: 'net' | 'run', resource: string): Error =>
  Object.assign(new Error(`Not granted: ${refused} ${resource}`), { refused, resource })

/** The grants of this process; empty if there are none, as in a thread without an environment. */
function readGrants(): { readonly net: readonly string[]; readonly run: readonly string[] } {
  const value: unknown = JSON.parse(process.env.TERROIR_GRANTS ?? '{}')
  const texts = (field: unknown): readonly string[] => (Array.isArray(field) ? field.filter(isText) : [])
  return isRecord(value) ? { net: texts(value.net), run: texts(value.run) } : { net: [], run: [] }
}

const grants = readGrants()

/** Throws unless a host may be reached; a grant of a host is one of all its ports. */
function checkHost(host: string, port?: string): void {
  const place = port === undefined ? host : `${host}:${port}`
  if (!grants.net.includes(host) && !grants.net.includes(place)) throw refusal('net', place)
}

/** Throws unless a program may be started. */
function checkProgram(program: unknown): void {
  if (!grants.run.includes(String(program))) throw refusal('run', String(program))
}

/** Puts a check before a method; the check sees the arguments. */
function guard(owner: object, name: string, check: (...given: readonly unknown[]) => void): void {
  const method: unknown = Reflect.get(owner, name)
  if (typeof method !== 'function') return
  function guarded(this: unknown, ...given: readonly unknown[]): unknown {
    check(...given)
    return Reflect.apply(method as (...given: readonly unknown[]) => unknown, this, given)
  }
  Reflect.set(owner, name, Object.assign(guarded, method))
}

/** Checks the target of `Socket.connect(options)`, `(path)` or `(port, host)`; Node itself passes a list of these. */
function checkConnection(first: unknown, second?: unknown): void {
  const [target, host] = Array.isArray(first) ? first : [first, second]
  if (isRecord(target)) {
    if (isText(target.path)) throw refusal('net', target.path)
    checkHost(isText(target.host) ? target.host : 'localhost', String(target.port))
  } else if (isText(target) && !/^\d+$/.test(target)) throw refusal('net', target)
  else checkHost(isText(host) ? host : 'localhost', String(target))
}

guard(net.Socket.prototype, 'connect', checkConnection)
guard(net.Server.prototype, 'listen', () => {
  throw refusal('net', 'a port to listen on')
})
for (const name of ['bind', 'connect', 'send'])
  guard(dgram.Socket.prototype, name, () => {
    throw refusal('net', 'a UDP socket')
  })
for (const owner of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
  for (const name of Object.getOwnPropertyNames(owner))
    if (/^(lookup|resolve|reverse)/.test(name)) guard(owner, name, host => checkHost(String(host)))

/** The mark by which programs are found and ended with the stage, wherever they go; see `process_tree.ts`. */
const markName = 'TERROIR_FAMILY'
const { [markName]: mark } = process.env

/** Adds the mark if a stage gives a program an environment of its own. */
function markEnvironment(options: unknown): void {
  if (!isRecord(options) || mark === undefined) return
  if (Array.isArray(options.envPairs)) options.envPairs.push(`${markName}=${mark}`)
  else if (isRecord(options.env)) Reflect.set(options.env, markName, mark)
}

guard(childProcess.ChildProcess.prototype, 'spawn', options => {
  checkProgram(isRecord(options) ? options.file : options)
  markEnvironment(options)
})
for (const name of ['spawnSync', 'execFileSync'])
  guard(childProcess, name, (program, given, options) => {
    const found = isRecord(options) ? options : isRecord(given) ? given : undefined
    checkProgram(found?.shell ? 'sh' : program)
    markEnvironment(found)
  })
guard(childProcess, 'execSync', (_, options) => {
  checkProgram('sh')
  markEnvironment(options)
})

/** Threads load this file, too, whatever options they are given. */
class GuardedThread extends threads.Worker {
  constructor(file: string | URL, options: import('node:worker_threads').WorkerOptions = {}) {
    const { execArgv: _, ...rest } = options
    super(file, rest)
  }
}
Reflect.set(threads, 'Worker', GuardedThread)
nodeModule.syncBuiltinESMExports()
