/**
 * Whether an MQTT topic filter holds a topic: `+` is any one level, `#` at the end any levels, none included.
 * Source: MQTT 5.0, 4.7.1. That `$` topics are beyond a filter that begins with a wildcard (4.7.2) is left to the caller.
 */
export function filterMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}
