/** Stands for a function that a job must not call. Also under `new`. */
function refusing(what: string): () => never {
  return function refused(): never {
    throw new Error(`A job cannot use ${what}`)
  }
}

/** Replaces members of an object for good; those that it does not have are left out. `what` says what they are. */
export function refuseAll(target: object, names: readonly string[], what: string | ((name: string) => string)): void {
  for (const name of names) {
    if (!(name in target)) continue
    const value = refusing(typeof what === 'string' ? what : what(name))
    Object.defineProperty(target, name, { value, writable: false, configurable: false, enumerable: true })
  }
}
