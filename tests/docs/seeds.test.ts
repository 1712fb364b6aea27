import { test } from 'node:test'
import { cannotFollow, followPage } from './page.js'

test('docs/seeds.md does what it says', { skip: cannotFollow }, () => followPage('docs/seeds.md', { built: true }))
