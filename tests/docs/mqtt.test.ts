import { test } from 'node:test'
import { cannotFollow, followPage } from './page.js'

test('docs/mqtt.md does what it says', { skip: cannotFollow }, () => followPage('docs/mqtt.md', { built: true }))
