import { test } from 'node:test'
import { cannotFollow, followPage } from './page.js'

/** An app outside of this repository has a compiler and the types of Node of its own; here it borrows these. */
const INSTALLED = '../m3saas/node_modules'
const TSC: readonly [string, string] = ['npx tsc', `${INSTALLED}/.bin/tsc --typeRoots ${INSTALLED}/@types`]

test('docs/modules.md does what it says, its TypeScript compiles', { skip: cannotFollow }, () =>
  followPage('docs/modules.md', { built: true, changes: [TSC] }),
)
