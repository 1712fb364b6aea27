import path from 'node:path'
import { M3Error } from '../../errors.js'
import type { PasswordType } from './credentials.js'
import { readXmlText } from './read.js'
import { childOf, parseXml, textOf } from './xml.js'

/** What of the extension's own configuration matters to us. */
export interface ExtensionConfig {
  readonly passwordType: PasswordType
  /** How often the extension looks whether `credentials.xml` has changed. */
  readonly reloadSeconds: number
  /** Why the file cannot be used, if it is there: the defaults stand, as for the extension. To be told to people. */
  readonly fault?: string
}

export const EXTENSION_CONFIG = 'extension-config.xml'

const DEFAULTS: ExtensionConfig = { passwordType: 'HASHED', reloadSeconds: 60 }

/** `extension-config.xml` in the folder of `credentials.xml`. Never throws: like the extension it falls back on defaults. */
export async function readExtensionConfig(folder: string): Promise<ExtensionConfig> {
  try {
    const xml = await readXmlText(path.join(folder, EXTENSION_CONFIG))
    return xml === undefined ? DEFAULTS : parseExtensionConfig(xml)
  } catch (error) {
    if (!(error instanceof M3Error)) throw error
    const reason = [error.message, ...error.faults.map(({ path, message }) => `${path} ${message}`.trim())].join(': ')
    return { ...DEFAULTS, fault: `${EXTENSION_CONFIG}: ${reason}` }
  }
}

/** Values that make no sense leave the defaults, as they do in the extension. Throws CREDENTIALS_INVALID if it is no such XML. */
export function parseExtensionConfig(xml: string): ExtensionConfig {
  const root = parseXml(xml, 'extension-configuration')
  const given = (name: string) => {
    const element = childOf(root, name)
    return (element && textOf(element)) ?? ''
  }
  const interval = given('credentials-reload-interval').trim()
  const seconds = /^\+?\d{1,9}$/.test(interval) ? Number(interval) : 0
  return {
    passwordType: given('password-type') === 'PLAIN' ? 'PLAIN' : DEFAULTS.passwordType,
    reloadSeconds: seconds < 1 ? DEFAULTS.reloadSeconds : seconds,
  }
}
