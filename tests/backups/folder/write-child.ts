import { setImmediate } from 'node:timers/promises'
import { writeAside } from '../../../kernel/backups/folder/write-aside.js'

/** Writes so many bytes aside, or without end, and prints what it is refused with. */
const [, , folder = '', size] = process.argv
async function* bytes(): AsyncGenerator<Uint8Array> {
  for (let left = Number(size); size === 'endless' || left > 0; left -= 1000) {
    yield Buffer.alloc(1000)
    await setImmediate()
  }
}
await writeAside(folder, [bytes()], () => 'a backup', new AbortController().signal).catch((error) => {
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message }))
})
