const OPENS = '${{'
const CLOSES = '}}'
const ESCAPE = '§'
const DEFAULT_FOLLOWS = ':-'

export interface Login {
  readonly username: string
  readonly clientId: string
}

/**
 * A permission's topic with `${{username}}` and `${{clientid}}` replaced, as the StringSubstitutor of Apache Commons Text
 * does for HiveMQ's extension: keys in any case; `§` before a variable makes it text; `${{key:-default}}`; an unknown key
 * stays as it is; what is put in is looked through in turn. Throws if a value contains the key that it stands for.
 * Source: https://commons.apache.org/proper/commons-text/apidocs/org/apache/commons/text/StringSubstitutor.html
 */
export function substitute(topic: string, login: Login): string {
  return expand(topic, login, [])
}

/** `within`: the keys whose values are being looked through. */
function expand(topic: string, login: Login, within: readonly string[]): string {
  let text = topic
  let from = 0
  for (;;) {
    const start = text.indexOf(OPENS, from)
    const end = start < 0 ? -1 : text.indexOf(CLOSES, start + OPENS.length)
    if (end < 0) return text
    if (text[start - 1] === ESCAPE) {
      text = text.slice(0, start - 1) + text.slice(start)
      // Within the marker that has moved back by one: what it encloses may hold a variable of its own.
      from = start + 1
      continue
    }
    const [key, fallback] = keyAndDefault(text.slice(start + OPENS.length, end))
    if (within.includes(key)) throw new Error(`${OPENS}${key}${CLOSES} contains itself`)
    const value = nameBehind(key, login) ?? fallback
    from = end + CLOSES.length
    if (value === undefined) continue
    const put = expand(value, login, [...within, key])
    text = text.slice(0, start) + put + text.slice(from)
    from = start + put.length
  }
}

function nameBehind(key: string, { username, clientId }: Login): string | undefined {
  switch (key.toLowerCase()) {
    case 'username':
      return username
    case 'clientid':
      return clientId
    default:
      return undefined
  }
}

/** A default counts only if no variable begins before it. */
function keyAndDefault(expression: string): [key: string, fallback?: string] {
  const at = expression.indexOf(DEFAULT_FOLLOWS)
  const nested = expression.indexOf(OPENS)
  if (at < 0 || (nested >= 0 && nested < at)) return [expression]
  return [expression.slice(0, at), expression.slice(at + DEFAULT_FOLLOWS.length)]
}
