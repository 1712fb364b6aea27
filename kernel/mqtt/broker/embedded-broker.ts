import type { Duplex } from 'node:stream'
import type { MqttConfig } from '../../config/config.js'
import { hashPassword, verifyPassword } from '../credentials/password.js'
import { Admission } from './admission.js'
import { BrokerCore } from './broker-core.js'
import { CredentialsFile } from './credentials-file.js'
import { type KernelSocket, listenForKernel } from './kernel-socket.js'
import { LIMITS, type Limits } from './limits.js'
import type { Listening } from './listening.js'
import { type BrokerLog, QuietLog } from './quiet-log.js'
import { SignIn } from './sign-in.js'
import { fits, socketPath } from './socket-path.js'
import { listenTcp } from './tcp-listener.js'
import { LONGEST_TEXT } from './topics.js'
import { listenWebSocket } from './websocket-listener.js'

export interface EmbeddedBroker {
  /** `mqtt://127.0.0.1:1883`, `ws://127.0.0.1:8000/mqtt`: what is open. Empty if another process of the app root runs it. */
  readonly listeners: readonly string[]
  close(): Promise<void>
}

export interface EmbeddedBrokerParts {
  /** The app root. */
  readonly root: string
  readonly config: MqttConfig
  readonly log: BrokerLog
  /** What tests have smaller. */
  readonly limits?: Partial<Limits>
}

/** Of a packet, beside topic and payload. */
const HEADER_BYTES = 16

/**
 * Runs the broker of the app root: MQTT 3.1.1 over TCP and WebSocket, for the users of `credentials.xml`, and a socket for
 * what the kernel publishes. What cannot be opened is told in the log; the rest goes on. Who is connected keeps its
 * permissions until it connects anew, whatever the file says since, as at HiveMQ: a user that must go at once goes with a
 * restart. Sessions and retained messages are in memory, and lost with the process.
 */
export async function startEmbeddedBroker(parts: EmbeddedBrokerParts): Promise<EmbeddedBroker> {
  const { root, config, log } = parts
  const longestPacket = config.payloadLimit + LONGEST_TEXT + HEADER_BYTES
  const limits = limitsFor(longestPacket, parts.limits)
  const file = new CredentialsFile({
    root,
    file: config.credentials,
    log,
    removed: (users) => core.usersRemoved(users),
  })
  let decoy: Promise<string> | undefined
  const signIn = new SignIn({
    limits,
    current: () => file.current(),
    verify: verifyPassword,
    decoy: () => (decoy ??= hashPassword('', { iterations: config.hashIterations })),
  })
  const core = new BrokerCore({ limits, longestPacket, signIn, log, quiet: new QuietLog(log) })
  await core.start()
  const kernel = await openForKernel(root, core, log)
  if (kernel === 'elsewhere') {
    log.info('another process of this app root runs the embedded broker: this one publishes through it')
    await core.close()
    return { listeners: [], close: async () => {} }
  }
  await file.start()
  const listenings = await openForClients(config, longestPacket, log, entrance(core, limits))
  const listeners = listenings.map(({ url }) => url)
  if (listeners.length > 0) {
    log.info({ listeners }, 'the embedded broker runs; sessions and retained messages are kept in memory')
  }
  return {
    listeners,
    close: async () => {
      file.close()
      const closed = [...listenings, ...(kernel ? [kernel] : [])].map((listening) => listening.close())
      await core.close()
      await Promise.all(closed)
    },
  }
}

/** A message that may be sent may be kept. */
function limitsFor(longestPacket: number, given: Partial<Limits> = {}): Limits {
  const atLeastOne = (bytes: number) => Math.max(bytes, 2 * longestPacket)
  return {
    ...LIMITS,
    queuedBytes: atLeastOne(LIMITS.queuedBytes),
    queuedBytesOfUser: atLeastOne(LIMITS.queuedBytesOfUser),
    queuedBytesInAll: atLeastOne(LIMITS.queuedBytesInAll),
    retainedBytes: atLeastOne(LIMITS.retainedBytes),
    retainedBytesOfUser: atLeastOne(LIMITS.retainedBytesOfUser),
    partialPackets: atLeastOne(LIMITS.partialPackets),
    ...given,
  }
}

function entrance(core: BrokerCore, limits: Limits): (transport: Duplex, address: string) => void {
  const admission = new Admission(limits)
  return (transport, address) => {
    const admitted = admission.enter(address)
    if (admitted) core.take(transport, { kind: 'network', address, admitted })
    else transport.destroy()
  }
}

async function openForKernel(
  root: string,
  core: BrokerCore,
  log: BrokerLog,
): Promise<KernelSocket | 'elsewhere' | undefined> {
  const where = socketPath(root)
  try {
    const take = (transport: Duplex) => core.take(transport, { kind: 'kernel' })
    return (await listenForKernel({ path: where, take })) ?? 'elsewhere'
  } catch (error) {
    const reason = fits(where)
      ? reasonOf(error)
      : 'the path of the app root is too long for a socket: give it a shorter one'
    log.error(
      { reason },
      'the socket of the embedded broker, data/mqtt.sock in the app root, cannot be opened: what modules publish does not arrive',
    )
    return undefined
  }
}

async function openForClients(
  { listen: { host, port, webSocketPort } }: MqttConfig,
  longestMessage: number,
  log: BrokerLog,
  take: (transport: Duplex, address: string) => void,
): Promise<Listening[]> {
  const tell = (what: string, key: string, at: number, error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    const message =
      code === 'EADDRINUSE'
        ? `port ${at} of ${host} is in use: the embedded broker takes no MQTT over ${what}. End what uses it, or set mqtt.listen.${key} to another port (0: any that is free), or name the broker that is there as mqtt.host`
        : `the embedded broker takes no MQTT over ${what}: port ${at} of ${host} cannot be opened (${reasonOf(error)}). See mqtt.listen.host and mqtt.listen.${key}`
    log.error(message)
  }
  const opened: Listening[] = []
  try {
    opened.push(await listenTcp({ host, port, take }))
  } catch (error) {
    tell('TCP', 'port', port, error)
  }
  try {
    opened.push(await listenWebSocket({ host, port: webSocketPort, longestMessage, take }))
  } catch (error) {
    tell('WebSocket', 'webSocketPort', webSocketPort, error)
  }
  return opened
}

/** Without the paths of the machine that the system's own messages have. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
