import assert from 'node:assert/strict'
import { type ErrorCode, M3Error } from '../../kernel/errors.js'

/** The faults of the M3Error that `act` throws, as `path: message`. */
export function faultsOf(code: ErrorCode, act: () => unknown): string[] {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof M3Error, String(error))
    assert.equal(error.code, code)
    return error.faults.map(({ path, message }) => `${path}: ${message}`)
  }
  assert.fail(`nothing was thrown where ${code} is expected`)
}
