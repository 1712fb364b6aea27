import { test } from 'node:test'
import { cannotFollow, followPage } from './page.js'

test('docs/migrations.md does what it says', { skip: cannotFollow }, () =>
  followPage('docs/migrations.md', { built: true }),
)
