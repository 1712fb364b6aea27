import { after, before, beforeEach, describe } from 'node:test'
import { alterSuite } from './alter-suite.js'
import { columnSuite } from './column-suite.js'
import { connectionSuite } from './connection-suite.js'
import { EngineFixture, type MakeEngine } from './engine-fixture.js'
import { schemaSuite } from './schema-suite.js'
import { statementSuite } from './statement-suite.js'
import { transactionSuite } from './transaction-suite.js'

/**
 * What every engine must do, whatever database stands behind it. `makeEngine` gives an engine that has `suiteLimits`
 * and stands on the gate it is handed, and a cleanup that removes all that the engine made.
 */
export function engineSuite(name: string, makeEngine: MakeEngine): void {
  describe(`${name} engine`, () => {
    const fixture = new EngineFixture()
    before(() => fixture.start(makeEngine))
    after(() => fixture.stop())
    beforeEach(() => fixture.reset())
    statementSuite(fixture)
    transactionSuite(fixture)
    columnSuite(fixture)
    schemaSuite(fixture)
    alterSuite(fixture)
    connectionSuite(fixture)
  })
}
