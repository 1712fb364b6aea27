import { describe } from 'node:test'
import { onBothEngines } from '../support/fresh-databases.js'
import { backupSuite } from './backup-suite.js'
import { byHandSuite } from './by-hand-suite.js'
import { changeSuite } from './change-suite.js'
import { migrateSuite } from './migrate-suite.js'
import { onPurposeSuite } from './on-purpose-suite.js'
import { ownershipSuite } from './ownership-suite.js'
import { planSuite } from './plan-suite.js'
import { presumptionSuite } from './presumption-suite.js'
import { refusalSuite } from './refusal-suite.js'
import { renameSuite } from './rename-suite.js'
import { writtenSuite } from './written-suite.js'

await onBothEngines('migrations', (databases) => {
  describe('migrate', () => migrateSuite(databases))
  describe('changes of tables', () => changeSuite(databases))
  describe('refusals', () => refusalSuite(databases))
  describe('what is whose', () => ownershipSuite(databases))
  describe('what people made', () => byHandSuite(databases))
  describe('renames', () => renameSuite(databases))
  describe('backups', () => backupSuite(databases))
  describe('plans', () => planSuite(databases))
  describe('many databases alike', () => presumptionSuite(databases))
  describe('on purpose', () => onPurposeSuite(databases))
  describe('hand-written migrations', () => writtenSuite(databases))
})
