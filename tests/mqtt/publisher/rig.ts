import { pino } from 'pino'
import { parseConfig } from '../../../kernel/config/load-config.js'
import type { Mqtt, PublishOptions } from '../../../kernel/contract/context.js'
import { LazyMqtt } from '../../../kernel/mqtt/lazy-mqtt.js'
import type { Ending } from '../../support/ending.js'
import type { Mosquitto } from '../../support/mosquitto.js'
import { until } from '../../support/until.js'

/** What the kernel has for publishing, by itself. */
export interface Rig {
  readonly mqtt: LazyMqtt
  /** By number: tenant 1 is `t1`. */
  tenant(id: number): Mqtt
  /** The texts of lines of this level so far. */
  logged(level: 'info' | 'warn' | 'error'): string[]
}

/** `config` as in the `mqtt` of a configuration file. */
export function rigFor(ending: Ending, config: object, root = '/nowhere'): Rig {
  const log: { readonly level: number; readonly msg: string }[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(JSON.parse(line)) })
  const parsed = parseConfig({ mqtt: config }, {}, 'the test').mqtt
  const mqtt = new LazyMqtt({ root, config: parsed, log: logger })
  ending.after(() => mqtt.close(0))
  return {
    mqtt,
    tenant: (id) => mqtt.of({ id, name: `t${id}` }),
    logged: (level) => log.filter((line) => line.level === pino.levels.values[level]).map(({ msg }) => msg),
  }
}

/** Publishes texts of 1, 2, … characters, so that the broker’s log, which has their lengths, tells which came. */
export async function publishLengths(
  mqtt: Mqtt,
  topic: string,
  { from = 1, to }: { readonly from?: number; readonly to: number },
  options: PublishOptions,
): Promise<void> {
  for (let length = from; length <= to; length++) await mqtt.publish(topic, 'x'.repeat(length), options)
}

/** The lengths of what a broker received of a topic, in the order of their coming. */
export async function lengthsAt(broker: Pick<Mosquitto, 'log'>, topic: string): Promise<number[]> {
  const line = /Received PUBLISH from m3saas\w+ \(d\d, q\d, r\d, m\d+, '([^']*)', \.\.\. \((\d+) bytes\)\)/g
  return [...(await broker.log()).matchAll(line)].filter((match) => match[1] === topic).map((match) => Number(match[2]))
}

/** 1, 2, … */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1)
}

/** Without those that came before: a message of QoS 1 may come again after a break. */
export function firstComings(numbers: readonly number[]): number[] {
  return [...new Set(numbers)]
}

export async function untilAt(broker: Pick<Mosquitto, 'log'>, topic: string, last: number): Promise<void> {
  await until(async () => (await lengthsAt(broker, topic)).includes(last), `${topic} has its message ${last}`)
}
