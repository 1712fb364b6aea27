import { describe } from 'node:test'
import { onBothEngines } from '../support/fresh-databases.js'
import { forceSuite } from './force-suite.js'
import { mainSuite } from './main-suite.js'
import { temporarySuite } from './temporary-suite.js'
import { uniqueSuite } from './unique-suite.js'

await onBothEngines('seeding', (databases) => {
  describe('main seeds', () => mainSuite(databases))
  describe('force', () => forceSuite(databases))
  describe('temporary seeds', () => temporarySuite(databases))
  describe('unique values of main seeds', () => uniqueSuite(databases))
})
