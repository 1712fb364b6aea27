import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ending } from '../support/ending.js'

const here = fileURLToPath(import.meta.url)
const packageRoot = here.slice(0, here.lastIndexOf(`${path.sep}dist${path.sep}`))

/** An app root of the given files (path → content) in which `m3saas` can be imported; removed after the test. */
export async function makeAppRoot(t: Ending, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'm3saas-root-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  await mkdir(path.join(root, 'node_modules'))
  await symlink(packageRoot, path.join(root, 'node_modules', 'm3saas'), 'dir')
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.join(root, path.dirname(file)), { recursive: true })
    await writeFile(path.join(root, file), content)
  }
  return root
}

/** The source of a root file. `more` is pasted into the declaration. */
export function moduleSource(name: string, version = 1, more = ''): string {
  return `import { defineModule, defineSeed, defineTable, varchar } from 'm3saas'
export const ${name.replaceAll('-', '_')} = defineModule({ name: '${name}', version: ${version}, ${more} })
`
}
