import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { RestoreFixture } from './restore-fixture.js'

const CHILD = fileURLToPath(new URL('./killed-child.js', import.meta.url))

/** What the process does that is killed: see `killed-child.ts`. */
export interface KilledWork {
  readonly fails?: boolean
  readonly miscounts?: boolean
  readonly recovers?: boolean
}

/** Kills a process that restores before the step that is named. */
export async function killBefore(fixture: RestoreFixture, step: string, work: KilledWork = {}): Promise<void> {
  const { catalog, live, source, target } = fixture
  const { host, port, rootUser, rootPassword } = fixture.server
  const input = { server: { host, port, rootUser, rootPassword }, catalog, live, source, target, step, ...work }
  const child = spawn(process.execPath, [CHILD, JSON.stringify(input)], { stdio: ['ignore', 'inherit', 'inherit'] })
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'], step)
}
