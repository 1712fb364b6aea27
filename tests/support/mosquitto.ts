import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, describe } from 'node:test'
import { promisify } from 'node:util'
import type { Ending } from './ending.js'
import { awaitStart, findServer, freePort, guard } from './server-process.js'

/** A real MQTT broker in a folder of its own, listening on 127.0.0.1 alone. */
export interface Mosquitto {
  readonly host: string
  readonly port: number
  /** Of the broker that runs now. */
  readonly pid: number
  /** What it has logged, of all its runs. */
  log(): Promise<string>
  /** Ends the broker and removes its folder. */
  stop(): Promise<void>
  /** Ends the broker: one that goes away. `kill` does not let it say goodbye, or save anything. */
  halt(how?: 'stop' | 'kill'): Promise<void>
  /** The broker again, on the same port. What it saved is there, if it is persistent. */
  resume(): Promise<void>
  /** Stops it without an end: its port is open, and nobody answers. `thaw` lets it go on. */
  freeze(): void
  thaw(): void
}

export interface MosquittoOptions {
  /** Name → password. Absent: anybody may connect. */
  readonly users?: Readonly<Record<string, string>>
  /** Lines of its access control list, such as `topic write a/#`. Absent: all is allowed. */
  readonly acl?: readonly string[]
  /** Saves messages and sessions when it is ended, and every second. */
  readonly persistent?: boolean
  /** Logs errors alone, for who measures. */
  readonly quiet?: boolean
  /** Further lines of its configuration. */
  readonly settings?: readonly string[]
}

const START_SECONDS = 20

const program = await findServer('mosquitto')

/** For `skip` of tests that need a broker. */
export const noMosquitto = program ? false : 'no mosquitto is installed'

/** Starts a broker, in some 50 ms. It is stopped at the end. */
export async function startMosquitto(ending: Ending, options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await launchMosquitto(options)
  ending.after(() => broker.stop())
  return broker
}

async function launchMosquitto(options: MosquittoOptions): Promise<Mosquitto> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm3saas-mosquitto-'))
  const watchdog = guard(folder)
  const port = await freePort()
  let child: ChildProcess | undefined
  const launch = async () => {
    child = await launchBroker(folder, port)
  }
  const halt = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exited
    await rm(path.join(folder, 'pid'), { force: true })
  }
  try {
    await writeConfiguration(folder, port, options)
    await launch()
  } catch (error) {
    await halt('SIGKILL')
    await watchdog.dismiss()
    throw error
  }
  return {
    host: '127.0.0.1',
    port,
    get pid() {
      return child?.pid ?? 0
    },
    log: () => readFile(path.join(folder, 'log'), 'utf8'),
    async stop() {
      await halt('SIGKILL')
      await watchdog.dismiss()
    },
    halt: (how = 'stop') => halt(how === 'kill' ? 'SIGKILL' : 'SIGTERM'),
    resume: launch,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  }
}

/** The tests of one file that share a broker of their own: a suite, skipped with a reason where none is installed. */
export async function withMosquitto(
  name: string,
  define: (broker: Mosquitto) => void,
  options: MosquittoOptions = {},
): Promise<void> {
  const broker = program ? await launchMosquitto(options) : undefined
  after(() => broker?.stop())
  describe(name, { skip: noMosquitto }, () => {
    if (broker) define(broker)
  })
}

async function writeConfiguration(folder: string, port: number, options: MosquittoOptions): Promise<void> {
  const { users, acl, persistent = false, quiet = false, settings = [] } = options
  const file = (name: string) => path.join(folder, name)
  if (users) await writeUsers(file('users'), users)
  if (acl) await writePrivate(file('acl'), `${acl.join('\n')}\n`)
  const lines = [
    `listener ${port} 127.0.0.1`,
    // As root it would become another user, who may not read this folder.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    users ? 'allow_anonymous false' : 'allow_anonymous true',
    ...(users ? [`password_file ${file('users')}`] : []),
    ...(acl ? [`acl_file ${file('acl')}`] : []),
    `log_dest file ${file('log')}`,
    `log_type ${quiet ? 'error' : 'all'}`,
    // It loses nothing for subscribers that are slower than the messages come.
    'max_queued_messages 0',
    ...(persistent ? ['persistence true', `persistence_location ${folder}/`, 'autosave_interval 1'] : []),
    ...settings,
  ]
  await writePrivate(file('conf'), `${lines.join('\n')}\n`)
}

async function writeUsers(file: string, users: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(users).map(([name, password]) => `${name}:${password}`)
  await writePrivate(file, `${lines.join('\n')}\n`)
  const hasher = await findServer('mosquitto_passwd')
  if (!hasher) throw new Error('mosquitto is installed without mosquitto_passwd')
  await promisify(execFile)(hasher, ['-U', file])
  await chmod(file, 0o600)
}

const writePrivate = (file: string, text: string) => writeFile(file, text, { mode: 0o600 })

async function launchBroker(folder: string, port: number): Promise<ChildProcess> {
  if (!program) throw new Error('no mosquitto is installed')
  const child = spawn(program, ['-c', path.join(folder, 'conf')], { stdio: 'ignore' })
  await writeFile(path.join(folder, 'pid'), String(child.pid))
  await awaitStart(child, { log: path.join(folder, 'log'), port, sign: 'connect', seconds: START_SECONDS })
  return child
}
