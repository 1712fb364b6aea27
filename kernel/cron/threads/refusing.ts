/** Stands for a function that a job must not call. Also under `new`. */
function refusing(name: string): () => never {
  return function refused(): never {
    throw new Error(`A job cannot use ${name}`)
  }
}

/** Replaces members of an object for good; those that it does not have are left out. */
export function refuseAll(target: Record<string, unknown>, owner: string, names: readonly string[]): void {
  for (const name of names) {
    if (!(name in target)) continue
    const value = refusing(`${owner}.${name}`)
    Object.defineProperty(target, name, { value, writable: false, configurable: false, enumerable: true })
  }
}
