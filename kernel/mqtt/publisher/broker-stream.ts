import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { BrokerTarget } from '../target.js'

/** Opens the way to the broker. `opened` is called once it is there, before the broker has said anything. */
export function openStream(target: BrokerTarget, opened: () => void): Socket {
  if (target.kind === 'socket') return connectTcp({ path: target.path }).once('connect', opened)
  const { host, port, tls } = target.broker
  if (!tls) return connectTcp({ host, port, noDelay: true }).once('connect', opened)
  // A certificate is not asked for an address: such a name is not allowed (RFC 6066, 3).
  const name = isIP(host) === 0 ? { servername: host } : {}
  return connectTls({ host, port, ...name })
    .once('secureConnect', opened)
    .setNoDelay(true)
}

/** The broker as log lines name it. */
export function nameOf(target: BrokerTarget): string {
  return target.kind === 'socket' ? 'the embedded broker' : `the broker ${target.broker.host}:${target.broker.port}`
}
