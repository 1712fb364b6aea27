import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { refuseAll } from './refusing.js'

type Callable = (...given: unknown[]) => unknown

const LISTING = ['readdir', 'readdirSync', 'opendir', 'opendirSync'] as const

/**
 * Node takes a folder for readable in which several readable places lie, such as the root of the machine or of the app,
 * and tells what is in it. After this a thread lists folders that it may read all of, and no others. `readable` is what
 * `--allow-fs-read` was given.
 */
export function fenceFolders(require: (name: string) => unknown, readable: readonly string[]): void {
  const folders = readable.flatMap((place) => (place.endsWith(`${path.sep}*`) ? [place.slice(0, -2)] : []))
  const mayList = (folder: string) => folders.some((each) => folder === each || folder.startsWith(each + path.sep))
  for (const name of ['node:fs', 'node:fs/promises']) {
    const files = require(name) as Record<string, Callable | undefined>
    refuseAll(files, ['glob', 'globSync'], 'glob')
    for (const listing of LISTING) {
      const original = files[listing]
      if (!original) continue
      files[listing] = (place, ...given) => {
        // What is looked at is what is passed on: an object may tell something else the next time.
        const folder = path.resolve(textOf(place))
        if (mayList(folder)) return original(folder, ...given)
        const error = Object.assign(new Error('A job cannot list this folder'), { code: 'ERR_ACCESS_DENIED' })
        if (listing.endsWith('Sync')) throw error
        const done = given.at(-1)
        if (typeof done !== 'function') return Promise.reject(error)
        queueMicrotask(() => done(error))
      }
    }
  }
}

/** A path as Node takes it. */
function textOf(place: unknown): string {
  return place instanceof URL ? fileURLToPath(place) : String(place)
}
