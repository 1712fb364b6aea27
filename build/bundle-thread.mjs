import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

// A job's thread is made for one run, and most of its time goes into loading some hundred small files: in one file, with
// the driver for MySQL, they take 45 ms instead of 140. What opens SQLite, and Sequelize, stay packages of their own:
// the one is native code, the other is loaded by jobs alone that use models.

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const threads = path.join(root, 'dist/kernel/cron/threads')

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { thread: path.join(threads, 'worker.js'), authors: path.join(root, 'dist/kernel/index.js') },
  outdir: threads,
  bundle: true,
  splitting: true,
  chunkNames: 'thread-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['@photostructure/sqlite', 'sequelize'],
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  legalComments: 'none',
  metafile: true,
})
await writeFile(path.join(threads, 'thread.licenses.txt'), await licensesOf(Object.keys(metafile.inputs)))

/** Those of the packages that the file holds, as they ask for. */
async function licensesOf(inputs) {
  const packages = new Set(inputs.flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const texts = [...packages].sort().map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8'))
    const file = (await readdir(path.join(root, folder))).find((each) => /^licen[cs]e/i.test(each))
    if (file === undefined) throw new Error(`${folder} has no license that could be passed on`)
    return `${name} ${version}\n\n${await readFile(path.join(root, folder, file), 'utf8')}`
  })
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)
}
