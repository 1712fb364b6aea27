import assert from 'node:assert/strict'
import type { App } from './app.js'
import { type Call, clientOf } from './client.js'

/** Registers a user of the first tenant and gives a client of `module` that carries the token of a session. */
export async function signUp(app: Pick<App, 'url'>, module: string, name: string): Promise<Call> {
  const users = clientOf(`${app.url}/1/users/v1`)
  const account = { name, email: `${name}@example.com`, password: `${name}'s own password` }
  const registered = await users('POST', '/register', { body: account })
  assert.equal(registered.status, 201, JSON.stringify(registered.body))
  const { email, password } = account
  const { token } = (await users('POST', '/login', { body: { email, password } })).body as { token: string }
  const call = clientOf(`${app.url}/1/${module}`)
  return (method, path, options) => call(method, path, { token, ...options })
}
