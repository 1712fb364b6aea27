import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '../errors.js'

/** Where the code of a file that is found by its name stands. */
export type SourceFile =
  | { readonly kind: 'found' /** Absolute, `.js` or `.mjs`. */; readonly file: string; readonly name: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }
  /** Written in TypeScript, and the compiled twin under `dist/` is not there. */
  | { readonly kind: 'uncompiled'; readonly name: string }
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * Looks for `<base>.js`, `.mjs` or `.ts` in a folder of the app root. JavaScript is taken as it is; TypeScript stands
 * for the file that the project's build makes of it: `plugins/a/v1/a.module.ts` → `dist/plugins/a/v1/a.module.js`.
 */
export async function findSourceFile(root: string, folder: string, base: string): Promise<SourceFile> {
  try {
    return await search(root, folder, base)
  } catch (error) {
    return { kind: 'unreadable', reason: messageOf(error) }
  }
}

async function search(root: string, folder: string, base: string): Promise<SourceFile> {
  const entries = await readdir(folder)
  const names = ['.js', '.mjs', '.ts'].map((extension) => base + extension).filter((name) => entries.includes(name))
  const [name, ...others] = names
  if (name === undefined) return { kind: 'none' }
  if (others.length > 0) return { kind: 'ambiguous', names }
  if (!name.endsWith('.ts')) return { kind: 'found', file: path.join(folder, name), name }
  const twin = path.join(root, 'dist', path.relative(root, folder), `${base}.js`)
  return (await isFile(twin)) ? { kind: 'found', file: twin, name } : { kind: 'uncompiled', name }
}

export async function isFolder(place: string): Promise<boolean> {
  return (await kindOf(place)) === 'folder'
}

export async function isFile(place: string): Promise<boolean> {
  return (await kindOf(place)) === 'file'
}

/** Links are followed; one that leads nowhere or in a circle is nothing. */
async function kindOf(place: string): Promise<'file' | 'folder' | 'nothing'> {
  try {
    return (await stat(place)).isDirectory() ? 'folder' : 'file'
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'nothing'
    throw error
  }
}
