import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { defineModule } from '../../kernel/contract/define-module.js'
import { gate } from '../support/gate.js'
import { serve } from './serving.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A module whose route says that it was entered, waits for `finish`, then answers. */
function slowModule() {
  const finish = gate()
  const entered: string[] = []
  const module = defineModule({
    name: 'test',
    version: 1,
    routes: (app) =>
      void app.get('/slow', async (request) => {
        entered.push(request.id)
        await finish.opened
        return 'done'
      }),
  })
  return { module, finish, entered }
}

test('pipelined requests of a client that goes away are no longer counted once their handlers answered', async (t) => {
  const { module, finish, entered } = slowModule()
  const { url, tenants, server } = await serve(t, { 1: [module] })
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const request = 'GET /1/test/v1/slow HTTP/1.1\r\nHost: x\r\n\r\n'
  socket.write(request.repeat(3))
  while (entered.length < 3) await turn()
  const inFlight = () => tenants.tenants.get(1)?.inFlight
  assert.equal(inFlight(), 3)
  socket.destroy()
  finish.open()
  while (inFlight() !== 0) await turn()
  assert.equal(tenants.tenants.get(1)?.served, 3)
  await server.close(5)
})

test('a handler whose client is gone holds its tenant until it has answered', async (t) => {
  const { module, finish, entered } = slowModule()
  const { url, tenants, lines } = await serve(t, { 1: [module] })
  const controller = new AbortController()
  const request = fetch(`${url}/1/test/v1/slow`, { signal: controller.signal })
  while (entered.length < 1) await turn()
  controller.abort()
  await assert.rejects(request)
  while (!lines.some((line) => line.aborted === true)) await turn()
  const inFlight = () => tenants.tenants.get(1)?.inFlight
  assert.equal(inFlight(), 1, 'it may be between two writes')
  finish.open()
  while (inFlight() !== 0) await turn()
})
