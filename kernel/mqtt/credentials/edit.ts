import { isDeepStrictEqual } from 'node:util'
import { DOMImplementation, type Element, XMLSerializer } from '@xmldom/xmldom'
import { M3Error } from '../../errors.js'
import type { BrokerUser, Credentials, PasswordType } from './credentials.js'
import { credentialsOf, parseCredentials, ROOT } from './parse.js'
import { type Span, spansOf } from './spans.js'
import { childOf, childrenOf, parseXml, textOf, withoutMark } from './xml.js'

/**
 * Changes to the text of a `credentials.xml`: each gives the new text, in which all that it is not about is as it was, to
 * the character. The file must be valid before: CREDENTIALS_INVALID. BROKER_USER_REFUSED says why not.
 */

/** Adds a user behind the last one, indented like it. The password as it is to stand in the file. */
export function addUser(xml: string, type: PasswordType, user: BrokerUser): string {
  // Of a file without users, which lets nobody in, this makes one that is valid.
  const opened = open(xml, type, 'users may be missing')
  const { before } = opened
  if (before.users.has(user.name))
    throw refusal(
      `There is a user ${user.name} already; m3saas mqtt user passwd ${user.name} gives it another password`,
    )
  if (user.roles.length === 0) throw refusal('A user must have a role')
  for (const role of user.roles) {
    if (!before.roles.has(role))
      throw refusal(`There is no role ${role}: there are ${[...before.roles.keys()].join(', ')}`)
  }
  return edited(
    opened,
    type,
    { ...before, users: new Map([...before.users, [user.name, user]]) },
    ({ source, root }) => {
      const spanOf = spansOf(source, root)
      const users = childOf(root, 'users')
      const last = users && childrenOf(users, 'user').at(-1)
      if (last) {
        const style = styleOf(source, last, spanOf)
        return insert(source, endOfLine(source, spanOf(last).end), `${style.before}${userXml(user, style)}`)
      }
      return withFirstUser(source, root, spanOf, user)
    },
  )
}

/** Removes a user, and its line with it. Refuses the last one. */
export function removeUser(xml: string, type: PasswordType, name: string): string {
  const opened = open(xml, type)
  const { before } = opened
  requireUser(before, name)
  if (before.users.size === 1) {
    throw refusal(`${name} is the last user, which stays: HiveMQ refuses a file without users. Add another one first`)
  }
  const users = new Map([...before.users].filter(([other]) => other !== name))
  return edited(opened, type, { ...before, users }, ({ source, root }) => {
    const { start, end } = spansOf(source, root)(userElement(root, name))
    const indent = /\r?\n[ \t]*$/.exec(source.slice(0, start))
    const isAlone = /^[ \t]*(?=\r?\n)/.exec(source.slice(end))
    if (!indent || !isAlone) return source.slice(0, start) + source.slice(end)
    return source.slice(0, indent.index) + source.slice(end + isAlone[0].length)
  })
}

/** The password as it is to stand in the file. */
export function setPassword(xml: string, type: PasswordType, name: string, password: string): string {
  const opened = open(xml, type)
  const { before } = opened
  const user = { ...requireUser(before, name), password }
  return edited(opened, type, { ...before, users: new Map(before.users).set(name, user) }, ({ source, root }) => {
    const element = childOf(userElement(root, name), 'password') as Element
    const { innerStart, innerEnd } = spansOf(source, root)(element)
    return source.slice(0, innerStart) + escaped(password) + source.slice(innerEnd)
  })
}

interface Opened {
  /** The byte order mark, if there is one. */
  readonly mark: string
  readonly source: string
  readonly root: Element
  readonly before: Credentials
}

function open(xml: string, type: PasswordType, leniency?: 'users may be missing'): Opened {
  const source = withoutMark(xml)
  const root = parseXml(source, ROOT)
  return { mark: xml.slice(0, xml.length - source.length), source, root, before: credentialsOf(root, type, leniency) }
}

/** What an edit made is read again: if it says anything but what was meant, nothing of it is written. */
function edited(opened: Opened, type: PasswordType, wanted: Credentials, edit: (opened: Opened) => string): string {
  const text = edit(opened)
  if (!isDeepStrictEqual(parseCredentials(text, type), wanted)) {
    throw refusal('The file is left as it is: the change would have altered more than it should')
  }
  return opened.mark + text
}

function requireUser({ users }: Credentials, name: string): BrokerUser {
  const user = users.get(name)
  if (!user) throw refusal(`There is no user ${name}`)
  return user
}

function userElement(root: Element, name: string): Element {
  const users = childOf(root, 'users')
  const found = users && childrenOf(users, 'user').find((user) => nameOf(user) === name)
  if (!found) throw refusal(`There is no user ${name}`)
  return found
}

function nameOf(user: Element): string | undefined {
  const element = childOf(user, 'name')
  return element && textOf(element)
}

/** White space of an entry: before it, before each of its elements, before each id of a role, and before what closes them. */
interface Style {
  readonly before: string
  readonly child: string
  readonly end: string
  readonly id: string
  readonly rolesEnd: string
}

function styleOf(source: string, user: Element, spanOf: (element: Element) => Span): Style {
  const roles = childOf(user, 'roles') as Element
  return {
    before: spaceBefore(source, spanOf(user).start),
    child: spaceBefore(source, spanOf(childOf(user, 'name') as Element).start),
    end: spaceBefore(source, spanOf(user).innerEnd),
    id: spaceBefore(source, spanOf(childOf(roles, 'id') as Element).start),
    rolesEnd: spaceBefore(source, spanOf(roles).innerEnd),
  }
}

/** The last line end before `position` and the indentation behind it; nothing where an element follows another on its line. */
function spaceBefore(source: string, position: number): string {
  return /\r?\n[ \t]*$/.exec(source.slice(0, position))?.[0] ?? ''
}

function userXml({ name, password, roles }: BrokerUser, { child, end, id, rolesEnd }: Style): string {
  const ids = roles.map((role) => `${id}<id>${escaped(role)}</id>`).join('')
  return (
    `<user>${child}<name>${escaped(name)}</name>${child}<password>${escaped(password)}</password>` +
    `${child}<roles>${ids}${rolesEnd}</roles>${end}</user>`
  )
}

/** A comment on the same line is about what stands there. */
function endOfLine(source: string, position: number): number {
  const rest = /^(?:[ \t]*<!--(?:(?!-->)[^\n])*-->)+[ \t]*(?=\r?\n)/.exec(source.slice(position))
  return position + (rest?.[0].length ?? 0)
}

function withFirstUser(source: string, root: Element, spanOf: (element: Element) => Span, user: BrokerUser): string {
  const users = childOf(root, 'users')
  const roles = childOf(root, 'roles') as Element
  const outer = spaceBefore(source, spanOf(users ?? roles).start)
  const step = outer === '' ? '' : '    '
  const style = {
    before: outer + step,
    child: outer + step + step,
    end: outer + step,
    id: outer + step + step + step,
    rolesEnd: outer + step + step,
  }
  const entry = style.before + userXml(user, style)
  if (!users) return insert(source, spanOf(roles).start, `<users>${entry}${outer}</users>${outer}`)
  const { start, innerEnd, end, selfClosed } = spanOf(users)
  if (selfClosed) return `${source.slice(0, start)}<users>${entry}${outer}</users>${source.slice(end)}`
  const space = spaceBefore(source, innerEnd)
  return source.slice(0, innerEnd - space.length) + entry + (space || outer) + source.slice(innerEnd)
}

function insert(source: string, position: number, text: string): string {
  return source.slice(0, position) + text + source.slice(position)
}

function escaped(text: string): string {
  const document = new DOMImplementation().createDocument(null, 'text')
  return new XMLSerializer().serializeToString(document.createTextNode(text))
}

function refusal(message: string): M3Error {
  return new M3Error('BROKER_USER_REFUSED', message)
}
