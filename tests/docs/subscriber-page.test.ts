import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import mqtt from 'mqtt'
import { parseConfig } from '../../kernel/config/load-config.js'
import { BrokerUsers } from '../../kernel/mqtt/credentials/users.js'
import { type App, repository, sampleRoot, startApp } from '../support/app.js'
import { until } from '../support/until.js'

const FILE = 'docs/subscriber.html'
const page = readFileSync(path.join(repository, FILE), 'utf8')
const PASSWORD = 'a long password'

/** As much of a document as the page's script asks for. */
interface FakeElement {
  textContent: string
  readonly rows: FakeElement[][]
}

function element(): FakeElement & { insertRow(): { insertCell(): FakeElement } } {
  const rows: FakeElement[][] = []
  return {
    textContent: '',
    rows,
    insertRow: () => {
      const row: FakeElement[] = []
      rows.unshift(row)
      return {
        insertCell: () => {
          const cell = element()
          row.push(cell)
          return cell
        },
      }
    },
  }
}

/** Runs the script of the page with the real MQTT.js, and fills in its form. */
function open(fields: Readonly<Record<string, string>>) {
  const [state, messages] = [element(), element()]
  const clients: ReturnType<typeof mqtt.connect>[] = []
  let submit: ((event: { preventDefault(): void }) => void) | undefined
  const document = {
    querySelector: () => ({ addEventListener: (_: string, handler: typeof submit) => (submit = handler) }),
    getElementById: (id: string) => (id === 'state' ? state : messages),
  }
  const connect = (address: string, login: mqtt.IClientOptions) => {
    const client = mqtt.connect(address, login)
    clients.push(client)
    return client
  }
  const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(page) ?? []
  new Function('document', 'mqtt', 'FormData', script)(document, { connect }, function FormData() {
    return Object.entries(fields)
  })
  submit?.({ preventDefault: () => {} })
  return { state, messages, leave: () => Promise.all(clients.map((client) => client.endAsync(true))) }
}

describe(FILE, () => {
  let app: App
  before(async () => {
    const config = { mqtt: { listen: { port: 0, webSocketPort: 0 } } }
    const root = await sampleRoot()
    await new BrokerUsers(root, parseConfig(config, {}, 'the test').mqtt).add('first_tenant', ['scoped-role'], PASSWORD)
    app = await startApp({ root, config })
  })
  after(() => app.close())
  const fields = (password: string) => {
    const address = app.kernel.mqtt.listeners.find((listener) => listener.startsWith('ws://')) ?? ''
    return { address, username: 'first_tenant', password, filter: 'first_tenant/#' }
  }

  test('finds MQTT.js where npm puts it', () => {
    const [, source = ''] = /<script src="([^"]+)">/.exec(page) ?? []
    assert.ok(existsSync(path.join(repository, path.dirname(FILE), source)), source)
  })

  test('shows what the tenant is sent, as text', async (t) => {
    const opened = open(fields(PASSWORD))
    t.after(() => opened.leave())
    await until(() => opened.state.textContent === 'subscribed to first_tenant/#', 'it is subscribed')
    await app.kernel.mqtt.of({ id: 1, name: 'first_tenant' }).publish('hello/world', '<b>Hello</b>')
    await app.kernel.mqtt.of({ id: 2, name: 'second_tenant' }).publish('hello/world', 'not for everybody')
    await app.kernel.mqtt.of({ id: 1, name: 'first_tenant' }).publish('hello/world', 'again')
    await until(() => opened.messages.rows.length === 2, 'both are shown')
    const shown = opened.messages.rows.map((row) => row.slice(1).map(({ textContent }) => textContent))
    assert.deepEqual(shown, [
      ['first_tenant/hello/world', 'again'],
      ['first_tenant/hello/world', '<b>Hello</b>'],
    ])
  })

  test('says why it may not', async (t) => {
    const opened = open(fields('another password'))
    t.after(() => opened.leave())
    await until(() => /refused/i.test(opened.state.textContent), 'it is refused')
    assert.equal(opened.messages.rows.length, 0)
  })
})
