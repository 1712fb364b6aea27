import type { Message } from './message.js'

/**
 * Keeps messages of one topic in their order where they differ in QoS. A broker hands on a message of QoS 2 when it is
 * released, after two round trips: what followed it at once with another QoS would overtake it (MQTT 5.0, 4.6, promises
 * the order of messages of one QoS alone). Such a one is parked, and those of its topic behind it; other topics go on.
 */
export class TopicOrder {
  /** How many of QoS 2 are under way. */
  readonly #underWay = new Map<string, number>()
  readonly #parked = new Map<string, Message[]>()

  isBlocked({ topic, qos }: Message): boolean {
    if (this.#underWay.size === 0) return false
    return this.#parked.has(topic) || (qos !== 2 && this.#underWay.has(topic))
  }

  park(message: Message): void {
    const parked = this.#parked.get(message.topic)
    if (parked) parked.push(message)
    else this.#parked.set(message.topic, [message])
  }

  sent({ topic, qos }: Message): void {
    if (qos === 2) this.#underWay.set(topic, (this.#underWay.get(topic) ?? 0) + 1)
  }

  /** Gives back those that nothing blocks any more, in their order. */
  settled({ topic, qos }: Message): readonly Message[] {
    if (qos !== 2) return []
    const others = (this.#underWay.get(topic) ?? 1) - 1
    if (others > 0) {
      this.#underWay.set(topic, others)
      return []
    }
    this.#underWay.delete(topic)
    const parked = this.#parked.get(topic) ?? []
    this.#parked.delete(topic)
    return parked
  }

  /** Takes those out that are parked and of QoS 0. */
  dropUnacknowledged(): readonly Message[] {
    const dropped: Message[] = []
    for (const [topic, parked] of this.#parked) {
      const kept = parked.filter(({ qos }) => qos > 0)
      dropped.push(...parked.filter(({ qos }) => qos === 0))
      if (kept.length > 0) this.#parked.set(topic, kept)
      else this.#parked.delete(topic)
    }
    return dropped
  }
}
