import { fileURLToPath } from 'node:url'
import { refuseAll } from './refusing.js'

type Loose = Record<PropertyKey, unknown>
type Callable = (...given: unknown[]) => unknown

const SELF = fileURLToPath(import.meta.url)

/**
 * File handles keep the number of their file where whoever holds one can change it, and lead to the class that makes one
 * of any number: with either a job reads what the process has open. After this a handle is of the file that Node opened
 * for it, and of no other. Throws if this Node makes its handles in a way that is not known here.
 */
export async function fenceHandles(require: (name: string) => unknown): Promise<void> {
  const promises = require('node:fs/promises') as Loose & typeof import('node:fs/promises')
  const handle = (await promises.open(SELF)) as unknown as Loose & { close(): Promise<void> }
  const [kNative, kNumber] = [symbolOf(handle, 'kHandle'), symbolOf(handle, 'kFd')]
  const native = handle[kNative] as object
  const numberOf = getterOf(native, 'fd')
  await handle.close()

  Object.defineProperty(Object.getPrototypeOf(native), 'constructor', { value: Object, writable: false })
  refuseAll(Object.getPrototypeOf(native), ['releaseFD'], 'a file by its number')
  const genuine = new WeakSet<object>()
  const closed = new WeakSet<object>()
  const number = {
    get(this: Loose): number {
      if (closed.has(this) || !this[kNative]) return -1
      return Reflect.apply(numberOf, this[kNative], []) as number
    },
    // By Node itself when it makes a handle or closes it; whoever else sets a number changes nothing.
    set(this: Loose, value: unknown) {
      if (value === -1 && this[kNative]) closed.add(this)
    },
  }
  const prototype = Object.getPrototypeOf(handle) as Loose
  guardMethods(prototype, genuine)
  Object.defineProperty(prototype, kNumber, {
    get: number.get,
    // The first time: on the new handle itself, where nothing can be put in front of it any more.
    set(this: Loose, value: unknown) {
      for (const key of [kNumber, 'fd']) Object.defineProperty(this, key, { ...number, configurable: false })
      genuine.add(this)
      number.set.call(this, value)
    },
    configurable: false,
  })
  for (const name of ['readFile', 'writeFile', 'appendFile']) guardPath(promises, name, genuine)
}

/** What only looks like a handle is not taken for one. */
function guardMethods(prototype: Loose, genuine: WeakSet<object>): void {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const original = Object.getOwnPropertyDescriptor(prototype, name)?.value
    if (typeof original !== 'function' || name === 'constructor') continue
    prototype[name] = function (this: object, ...given: unknown[]) {
      if (!genuine.has(this)) throw new TypeError('This is not a file handle')
      return Reflect.apply(original, this, given)
    }
  }
}

function guardPath(promises: Loose, name: string, genuine: WeakSet<object>): void {
  const original = promises[name] as Callable
  promises[name] = async (place: unknown, ...given: unknown[]) => original(placeOf(place, genuine), ...given)
}

/** A copy, for an object may say something else when it is looked at again. */
function placeOf(place: unknown, genuine: WeakSet<object>): unknown {
  if (typeof place !== 'object' || place === null || genuine.has(place)) return place
  return ArrayBuffer.isView(place) ? Buffer.from(place as Uint8Array) : fileURLToPath(place as URL)
}

function symbolOf(handle: object, description: string): symbol {
  const found = Object.getOwnPropertySymbols(handle).find((symbol) => symbol.description === description)
  if (!found) throw new Error('This Node keeps the numbers of open files in an unknown place: no job is run')
  return found
}

function getterOf(target: object, name: string): Callable {
  for (let at: object | null = target; at; at = Object.getPrototypeOf(at)) {
    const { get } = Object.getOwnPropertyDescriptor(at, name) ?? {}
    if (get) return get
  }
  throw new Error('This Node keeps the numbers of open files in an unknown place: no job is run')
}
