import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** npx itself looks around for half a second before each of some two hundred commands. */
const SCRIPT = `#!/bin/sh
folder=$PWD
while [ "$folder" != / ] && [ ! -e "$folder/package.json" ]; do folder=$(dirname "$folder"); done
program=$folder/node_modules/.bin/$1
if [ "$1" = m3saas ] && [ ! -e "$program" ]; then program=$folder/dist/kernel/main.js; fi
if [ -x "$program" ]; then shift; exec "$program" "$@"; fi
PATH=\${PATH#*:} exec npx "$@"
`

/**
 * Makes a folder for the front of a PATH whose `npx` runs what is installed at once, and leaves the rest to npx itself.
 * The README is followed without it, by the very npx.
 */
export async function quickNpx(folder: string): Promise<string> {
  const bin = path.join(folder, 'bin')
  await mkdir(bin)
  await writeFile(path.join(bin, 'npx'), SCRIPT, { mode: 0o755 })
  return bin
}
