import { RestoreFixture } from './restore-fixture.js'

/**
 * Restores and kills itself before the step that is named; `fails`: the swap is taken back before that; `miscounts`: what
 * stands in the place is not what was loaded.
 */
const { server, catalog, live, source, step, fails, miscounts } = JSON.parse(process.argv[2] ?? '')
const fixture = new RestoreFixture(server, catalog, live, source)
const hooks = {
  async placed() {
    if (fails) throw new Error('on purpose')
  },
  step(name: string) {
    if (name === step) process.kill(process.pid, 'SIGKILL')
  },
}
await fixture.restore(hooks, fixture.engine(), (rows) => (miscounts ? { ...rows, eggs: 7 } : rows))
