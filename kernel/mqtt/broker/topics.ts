import { filterMatches } from '../topic-filter.js'

/** The levels that a topic may have: the matching of the broker is made for so many. */
export const MOST_LEVELS = 100
/** Bytes: the length of a text in MQTT is a number of 16 bits. */
export const LONGEST_TEXT = 65_535

/** What may be published to (MQTT 3.1.1, 4.7). */
export function isTopicName(text: string): boolean {
  return text !== '' && !/[#+\0]/.test(text) && levelsOf(text) <= MOST_LEVELS
}

/** What may be subscribed to: `#` and `+` are whole levels, `#` the last (MQTT 3.1.1, 4.7); a shared one names its group. */
export function isTopicFilter(text: string): boolean {
  if (text === '' || text.includes('\0') || levelsOf(text) > MOST_LEVELS) return false
  if (text.startsWith('$share/') && !/^\$share\/[^/#+]+\//.test(text)) return false
  const levels = text.split('/')
  return levels.every(
    (level, i) => !/[#+]/.test(level) || (level.length === 1 && (level === '+' || i === levels.length - 1)),
  )
}

/** The filter and the group of a shared subscription. */
export function sharedPart(filter: string): { readonly group: string; readonly filter: string } | undefined {
  const [, group, shared] = /^\$share\/(.*?)\/(.*)$/.exec(filter) ?? []
  return group === undefined || shared === undefined ? undefined : { group, filter: shared }
}

/** Whether a topic's messages go to the subscribers of a filter. Topics that begin with `$` are reached by no wildcard at the start. */
export function reaches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[#+]/.test(filter)) return false
  return filterMatches(filter, topic)
}

/** As at HiveMQ texts have no control characters, and no code points that are no characters (MQTT 3.1.1, 1.5.3). */
export function isPlainText(text: string): boolean {
  return !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(text)
}

function levelsOf(text: string): number {
  let levels = 1
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) levels++
  return levels
}
