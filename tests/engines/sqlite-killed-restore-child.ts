import { loadDump } from '../../kernel/engines/open-dump.js'
import { createSqliteEngine } from '../../kernel/engines/sqlite/sqlite-engine.js'
import { suiteLimits } from './engine-fixture.js'
import { OpenGate } from './open-gate.js'
import { fileFrames } from './sqlite-dumps.js'
import { identity } from './sqlite-fixture.js'

/** Restores a file into the tenant `first` and kills itself before the step that is named. */
const { directory, from, step } = JSON.parse(process.argv[2] ?? '')
const engine = createSqliteEngine({ directory, limits: suiteLimits, gate: new OpenGate() })
await engine.restore(identity('first'), 0, async (staging) => {
  const loaded = await loadDump(staging.connection, fileFrames(from))
  await staging.swap(loaded, {
    placed: async () => {},
    step(name) {
      if (name === step) process.kill(process.pid, 'SIGKILL')
    },
  })
})
