import { test } from 'node:test'
import { cannotFollow, followPage } from './page.js'

test('docs/cron.md does what it says', { skip: cannotFollow }, () => followPage('docs/cron.md', { built: true }))
