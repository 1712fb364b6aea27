import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import type { BackupReport } from '../../../kernel/backups/contract.js'
import { startServer } from '../../../kernel/server.js'
import { type SharedMariaDb, withMariaDb } from '../../support/mariadb.js'
import { BackupRoot } from './backup-root.js'

describe('the routes of backups on SQLite', () => suite(undefined))
await withMariaDb('the routes of backups on MariaDB', (server) => suite(server))

function suite(server: SharedMariaDb | undefined): void {
  test('a backup is made, downloaded, restored and deleted by its own tenant’s routes alone', async (t) => {
    const root = await BackupRoot.make(t, { server })
    const kernel = await root.kernel()
    const started = await startServer(kernel.kernel)
    t.after(() => started.close())
    const ask = (method: string, place: string) =>
      fetch(`${started.url}${place}`, { method, headers: { authorization: `Bearer ${started.token}` } })
    const code = async (method: string, place: string) => {
      const answer = await ask(method, place)
      const body = await answer.text()
      assert.ok(!body.includes(root.root), 'no path of the machine is told')
      return [answer.status, (JSON.parse(body) as { code?: string }).code]
    }
    const made = await ask('POST', '/1/backups')
    const { name, bytes } = (await made.json()) as BackupReport
    assert.equal(made.status, 201)
    const file = await readFile(path.join(root.root, 'backups', name))
    const download = await ask('GET', `/1/backups/${name}`)
    assert.deepEqual([download.headers.get('content-length'), bytes], [String(file.length), file.length])
    assert.deepEqual(Buffer.from(await download.arrayBuffer()), file)
    for (const place of [`/2/backups/${name}`, `/backups/${name}`, '/1/backups/..%2fconfig.json', '/1/backups/x']) {
      for (const method of ['GET', 'DELETE']) {
        assert.deepEqual(await code(method, place), [404, 'BACKUP_UNKNOWN'], `${method} ${place}`)
      }
    }
    assert.deepEqual(await code('POST', `/2/backups/restore?at=${name}`), [404, 'BACKUP_UNKNOWN'])
    assert.deepEqual(await code('POST', '/9/backups'), [404, 'TENANT_UNKNOWN'])
    await kernel.put(1, 'cap')
    await fetch(`${started.url}/1/shop/v1/wares`)
    assert.equal((await ask('POST', `/1/backups/restore?at=${name}`)).status, 200)
    const served = (await (await fetch(`${started.url}/1/shop/v1/wares`)).json()) as { one: string[] }
    assert.deepEqual(served.one, ['hat'], 'this process serves what was restored at once')
    assert.equal((await ask('DELETE', `/1/backups/${name}`)).status, 204)
    assert.deepEqual(await root.files(), [])
    const history = (await (await ask('GET', '/1/backups/history?most=9')).json()) as { action: string }[]
    assert.deepEqual(
      history.map(({ action }) => action),
      ['restore', 'backup'],
    )
  })
}
