import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type EmbeddedBroker, startEmbeddedBroker } from '../../kernel/mqtt/broker/embedded-broker.js'
import type { Limits } from '../../kernel/mqtt/broker/limits.js'
import type { PasswordType } from '../../kernel/mqtt/credentials/credentials.js'
import { loadedMqtt } from './mqtt-config.js'

const FOLDER = 'hive-mq/extensions/hivemq-file-rbac-extension'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly details: Record<string, unknown>
}

export interface ClientOptions extends IClientOptions {
  readonly url?: string
  /** Is told what arrives, from the start: a session's messages may come with the answer to its CONNECT. */
  readonly arriving?: (text: string) => void
}

export interface TestBroker extends EmbeddedBroker {
  readonly root: string
  readonly lines: LogLine[]
  readonly tcp: string
  readonly webSocket: string
  /** Replaces `credentials.xml` as editors and commands do: another file is renamed to it. */
  write(xml: string): void
  /** A client that is connected; `clean` unless said otherwise. Rejects if it is refused. */
  connect(username: string | undefined, options?: ClientOptions): Promise<MqttClient>
}

/** A broker in this process on free ports, ended with the test. Passwords stand in its file as they are, unless said otherwise. */
export async function embeddedBroker(
  t: TestContext,
  xml: string | undefined,
  given: { root?: string; limits?: Partial<Limits>; mqtt?: object; passwordType?: PasswordType } = {},
): Promise<TestBroker> {
  const root = given.root ?? mkdtempSync(path.join(tmpdir(), 'm3saas-broker-'))
  const folder = path.join(root, FOLDER)
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    path.join(folder, 'extension-config.xml'),
    `<extension-configuration><password-type>${given.passwordType ?? 'PLAIN'}</password-type></extension-configuration>`,
  )
  const write = (text: string) => {
    writeFileSync(path.join(folder, 'credentials.xml.new'), text)
    renameSync(path.join(folder, 'credentials.xml.new'), path.join(folder, 'credentials.xml'))
  }
  if (xml !== undefined) write(xml)
  const lines: LogLine[] = []
  const broker = await startEmbeddedBroker({
    root,
    config: loadedMqtt({ listen: { port: 0, webSocketPort: 0 }, hashIterations: 1, ...given.mqtt }),
    log: recorder(lines),
    ...(given.limits && { limits: given.limits }),
  })
  const clients: MqttClient[] = []
  t.after(async () => {
    for (const client of clients) client.end(true)
    await broker.close()
    rmSync(root, { recursive: true, force: true })
  })
  const urlOf = (scheme: string) => broker.listeners.find((url) => url.startsWith(scheme)) ?? ''
  return {
    ...broker,
    root,
    lines,
    tcp: urlOf('mqtt:'),
    webSocket: urlOf('ws:'),
    write,
    connect: async (username, { url, arriving, ...options } = {}) => {
      const client = mqtt.connect(url ?? urlOf('mqtt:'), {
        ...(username !== undefined && { username, password: username }),
        reconnectPeriod: 0,
        ...options,
      })
      clients.push(client)
      client.on('message', (_topic, payload) => arriving?.(String(payload)))
      await connected(client)
      client.on('error', () => {})
      return client
    },
  }
}

function connected(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed without an answer')))
  })
}

function recorder(lines: LogLine[]) {
  const at = (level: LogLine['level']) => (details: object | string, message?: string) => {
    lines.push(
      typeof details === 'string'
        ? { level, message: details, details: {} }
        : { level, message: message ?? '', details: details as Record<string, unknown> },
    )
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } as unknown as Parameters<
    typeof startEmbeddedBroker
  >[0]['log']
}

/** Permissions as a tenant's user has them: what is its own it may read, and clients talk among themselves. */
export const SCOPED = [
  `<topic>$\{{username}}/#</topic><activity>SUBSCRIBE</activity>`,
  `<topic>$\{{username}}/clients/#</topic><activity>ALL</activity>`,
]

export interface Received {
  readonly topic: string
  readonly text: string
  readonly qos: number
  readonly retain: boolean
}

/** What arrives at a client from now on. */
export function receivedBy(client: MqttClient): Received[] {
  const received: Received[] = []
  client.on('message', (topic, payload, { qos, retain }) =>
    received.push({ topic, text: String(payload), qos, retain }),
  )
  return received
}

/** Users whose passwords are their names, with roles of permissions: `{ alice: ['<topic>a</topic>'] }`. */
export function fileOf(users: Record<string, readonly string[]>): string {
  const of = (name: string) => name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<?xml version="1.0" encoding="UTF-8" ?>
<file-rbac>
  <users>${Object.keys(users)
    .map((n) => `<user><name>${of(n)}</name><password>${of(n)}</password><roles><id>of ${of(n)}</id></roles></user>`)
    .join('\n')}</users>
  <roles>${Object.entries(users)
    .map(
      ([n, permissions]) =>
        `<role><id>of ${of(n)}</id><permissions>${permissions.map((p) => `<permission>${p}</permission>`).join('')}</permissions></role>`,
    )
    .join('\n')}</roles>
</file-rbac>`
}
