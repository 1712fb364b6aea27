import { describe } from 'node:test'
import { onBothEngines } from '../support/fresh-databases.js'
import { migrateSuite } from './migrate-suite.js'
import { writtenSuite } from './written-suite.js'

await onBothEngines('migrations', (databases) => {
  describe('migrate', () => migrateSuite(databases))
  describe('hand-written migrations', () => writtenSuite(databases))
})
