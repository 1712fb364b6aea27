import { test } from 'node:test'
import { cannotFollow, followPage } from './page.js'

test('docs/backups.md does what it says', { skip: cannotFollow }, () => followPage('docs/backups.md', { built: true }))
