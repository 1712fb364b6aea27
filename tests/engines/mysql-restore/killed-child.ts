import { openMysql } from '../../../kernel/engines/mysql/connection.js'
import { recoverDatabase } from '../../../kernel/engines/mysql/restore/restore.js'
import { RestoreFixture } from './restore-fixture.js'

/**
 * Restores and kills itself before the step that is named; `fails`: the swap is taken back before that; `miscounts`: what
 * stands in the place is not what was loaded; `recovers`: it ends what another has left.
 */
const { server, catalog, live, source, step, fails, miscounts, recovers, target } = JSON.parse(process.argv[2] ?? '')
const fixture = new RestoreFixture(server, catalog, live, source, target)
const killBefore = (name: string) => {
  if (name === step) process.kill(process.pid, 'SIGKILL')
}
if (recovers) {
  const { host, port, rootUser: user, rootPassword: password } = server
  const session = { collation: 'utf8mb4_unicode_ci', timeout: 5000 }
  await recoverDatabase(await openMysql({ host, port, user, password }, session), live.name, killBefore)
}
const hooks = {
  async placed() {
    if (fails) throw new Error('on purpose')
  },
  step: killBefore,
}
await fixture.restore(hooks, fixture.engine(), (rows) => (miscounts ? { ...rows, eggs: 7 } : rows))
