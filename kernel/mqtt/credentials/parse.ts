import type { Element } from '@xmldom/xmldom'
import { type Fault, M3Error } from '../../errors.js'
import type { BrokerUser, Credentials, PasswordType, Permission } from './credentials.js'
import { childOf, childrenOf, lineOf, parseXml, textOf } from './xml.js'

/** The name of the root element. */
export const ROOT = 'file-rbac'

const ACTIVITIES = ['PUBLISH', 'SUBSCRIBE', 'ALL'] as const
const QOS = ['ZERO', 'ONE', 'TWO', 'ZERO_ONE', 'ONE_TWO', 'ZERO_TWO', 'ALL'] as const
const RETAIN = ['RETAINED', 'NOT_RETAINED', 'ALL'] as const
const SHARED = ['SHARED', 'NOT_SHARED', 'ALL'] as const

/**
 * The users and roles of a `credentials.xml`, read as HiveMQ's file RBAC extension reads it: unknown elements are ignored,
 * of an element that is there twice the last counts, white space belongs to texts, what a permission leaves out is `ALL`.
 * Throws CREDENTIALS_INVALID with every fault and its line, never with a password. Stricter than the extension in two
 * things that nobody needs: a DOCTYPE, and elements within a text.
 * Source of the rules: https://github.com/hivemq/hivemq-file-rbac-extension
 */
export function parseCredentials(
  xml: string,
  passwordType: PasswordType,
  leniency?: 'users may be missing',
): Credentials {
  return credentialsOf(parseXml(xml, ROOT), passwordType, leniency)
}

/** The same of a text that is parsed already. */
export function credentialsOf(
  root: Element,
  passwordType: PasswordType,
  leniency?: 'users may be missing',
): Credentials {
  const faults: Fault[] = []
  const roles = readRoles(listOf(root, 'roles', 'role', faults), faults)
  const elements = listOf(root, 'users', 'user', leniency ? [] : faults)
  const users = readUsers(elements, roles, passwordType, faults)
  if (faults.length > 0) {
    throw new M3Error('CREDENTIALS_INVALID', 'The users and roles of the file are not valid', { faults })
  }
  return { users, roles }
}

/** The extension refuses a file with no users or no roles: it lets nobody in. */
function listOf(root: Element, wrapper: string, name: string, faults: Fault[]): Element[] {
  const parent = childOf(root, wrapper)
  const elements = parent ? childrenOf(parent, name) : []
  if (elements.length === 0) faults.push(fault(parent ?? root, `has no ${wrapper}: there must be at least one`))
  return elements
}

function readRoles(elements: readonly Element[], faults: Fault[]): Map<string, readonly Permission[]> {
  const roles = new Map<string, readonly Permission[]>()
  for (const element of elements) {
    const id = requiredText(element, 'id', 'a role', faults)
    if (id === undefined) continue
    if (roles.has(id)) {
      faults.push(fault(element, `the role ${id} is there twice`))
      continue
    }
    const wrapper = childOf(element, 'permissions')
    const permissions = wrapper ? childrenOf(wrapper, 'permission') : []
    if (permissions.length === 0) faults.push(fault(element, `the role ${id} has no permissions`))
    roles.set(
      id,
      permissions.map((permission) => readPermission(permission, id, faults)),
    )
  }
  return roles
}

function readPermission(element: Element, role: string, faults: Fault[]): Permission {
  const whose = `a permission of the role ${role}`
  const choice = <T extends string>(name: string, values: readonly (T | 'ALL')[]) => {
    const text = optionalText(element, name, 'ALL', whose, faults)
    const value = values.find((one) => one === text)
    if (value === undefined) {
      faults.push(
        fault(childOf(element, name) ?? element, `the ${name} of ${whose} must be one of ${values.join(', ')}`),
      )
    }
    return value ?? 'ALL'
  }
  return {
    topic: requiredText(element, 'topic', whose, faults) ?? '',
    activity: choice('activity', ACTIVITIES),
    qos: choice('qos', QOS),
    retain: choice('retain', RETAIN),
    sharedSubscription: choice('shared-subscription', SHARED),
    sharedGroup: optionalText(element, 'shared-group', '#', whose, faults),
  }
}

function readUsers(
  elements: readonly Element[],
  roles: ReadonlyMap<string, unknown>,
  passwordType: PasswordType,
  faults: Fault[],
): Map<string, BrokerUser> {
  const users = new Map<string, BrokerUser>()
  for (const element of elements) {
    const name = requiredText(element, 'name', 'a user', faults)
    if (name === undefined) continue
    if (users.has(name)) {
      faults.push(fault(element, `the user ${name} is there twice`))
      continue
    }
    const whose = `the user ${name}`
    const password = requiredText(element, 'password', whose, faults) ?? ''
    if (passwordType === 'HASHED' && password !== '' && !/^[^:]+:[^:]+/.test(password)) {
      const message = `the password of the user ${name} is not of the form salt:iterations:hash`
      faults.push(fault(childOf(element, 'password') ?? element, message))
    }
    users.set(name, { name, password, roles: readRolesOf(element, name, roles, faults) })
  }
  return users
}

function readRolesOf(
  element: Element,
  user: string,
  known: ReadonlyMap<string, unknown>,
  faults: Fault[],
): readonly string[] {
  const wrapper = childOf(element, 'roles')
  const ids = wrapper ? childrenOf(wrapper, 'id') : []
  if (ids.length === 0) faults.push(fault(element, `the user ${user} has no roles`))
  return ids.map((id) => {
    const role = textOf(id)
    if (!role) faults.push(fault(id, `the user ${user} has a role without an id`))
    // With no role at all that is said already.
    else if (known.size > 0 && !known.has(role)) faults.push(fault(id, `the user ${user} has an unknown role: ${role}`))
    return role ?? ''
  })
}

function requiredText(parent: Element, name: string, whose: string, faults: Fault[]): string | undefined {
  const element = childOf(parent, name)
  const text = element && textOf(element)
  if (element && text === undefined) faults.push(fault(element, `the ${name} of ${whose} must be a text`))
  else if (!text) faults.push(fault(element ?? parent, `${whose} has no ${name}`))
  return text || undefined
}

/** An element without any text says as much as none. */
function optionalText(parent: Element, name: string, otherwise: string, whose: string, faults: Fault[]): string {
  const element = childOf(parent, name)
  if (!element) return otherwise
  const text = textOf(element)
  if (text === undefined) faults.push(fault(element, `the ${name} of ${whose} must be a text`))
  return text || otherwise
}

function fault(element: Element, message: string): Fault {
  return { path: `line ${lineOf(element)}`, message }
}
