/** In bytes. MQTT has room for more; nobody types it. */
const LONGEST = 255

/**
 * Why a broker user cannot have this name; undefined if it can. The name takes the place of `${{username}}` in topic
 * filters: it must be one level of a topic, and no filter. `sharedTopics` are those of the configuration. Pure.
 */
export function brokerUserFault(name: string, sharedTopics: readonly string[] = []): string | undefined {
  if (name === '') return 'must not be empty'
  if (Buffer.byteLength(name) > LONGEST) return `must not be longer than ${LONGEST} bytes`
  if (/[#+]/.test(name)) return 'must have no # and no +: the broker lets no such user in'
  if (name.includes('/')) return 'must have no /: it would reach into the topics of another user'
  if (name.startsWith('$') || name.includes('${{')) return 'must not begin with $: such topics are the broker’s'
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Cn}]/u.test(name)) return 'must have no control characters'
  if (name !== name.trim()) return 'must not begin or end with white space'
  if (sharedTopics.some((filter) => filter.split('/', 1)[0] === name)) {
    return 'must not be the first level of one of mqtt.sharedTopics, which belong to all'
  }
  return undefined
}
