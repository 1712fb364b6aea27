import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { readArchiveFile, readText } from '../../../kernel/backups/archive/open-file.js'
import { propertyRuns } from '../../support/property-runs.js'
import { fakeDump, frame, ORIGIN, TAKEN, writeFakeArchive } from '../fake-dump.js'

const PLAIN = 'shop-2026-11-27T21-02-03.456Z.backup.gz'
const SEALED = `${PLAIN}.enc`
const KEY = randomBytes(32)

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'm3saas-archive-'))
})
after(() => rm(folder, { recursive: true }))

async function read(name: string, keys: readonly Uint8Array[] = [KEY]) {
  const archive = await readArchiveFile(path.join(folder, name), name, { keys })
  const frames: { head: object; body: string }[] = []
  for await (const { head, body } of archive.frames) frames.push({ head, body: Buffer.from(body).toString('latin1') })
  const { origin, taken, rows } = archive
  return { origin, taken, rows, frames }
}

const refused = (message: RegExp) => ({ code: 'BACKUP_INVALID', message })

for (const [what, name, key] of [
  ['a plain archive', PLAIN, undefined],
  ['an encrypted archive', SEALED, KEY],
] as const) {
  const put = (content: Uint8Array) => writeFile(path.join(folder, name), content)
  const make = async (...given: Parameters<typeof fakeDump>) => {
    await rm(path.join(folder, name), { force: true })
    await writeFakeArchive(folder, name, fakeDump(...given), key)
    return readFile(path.join(folder, name))
  }

  describe(what, () => {
    for (const run of propertyRuns(60)) {
      test(`gives back what went in: ${run.name}`, async () => {
        const body = fc.uint8Array({ maxLength: 200_000, size: 'max' })
        const frames = fc.array(fc.record({ body, table: fc.string(), rows: fc.nat() }), { maxLength: 5 })
        await run.check(
          fc.asyncProperty(frames, async (given) => {
            const rows = Object.fromEntries(given.map((each, i) => [`t${i}`, each.rows]))
            await make(
              given.map(({ body, table }) => ({ head: { kind: 'rows', units: 1, table }, body })),
              rows,
            )
            const archive = await read(name)
            assert.deepEqual([archive.origin, archive.taken, archive.rows], [ORIGIN, TAKEN, rows])
            assert.equal(archive.frames.length, given.length)
            for (const [i, { body, table }] of given.entries()) {
              assert.equal(archive.frames[i]?.body, Buffer.from(body).toString('latin1'))
              assert.deepEqual(archive.frames[i]?.head, { kind: 'rows', units: 1, table, bytes: body.length })
            }
          }),
        )
      })
    }

    test('cut off anywhere it is refused, an empty file too', async () => {
      const whole = await make([frame('one row'), frame('another')], { items: 2 })
      for (let length = 0; length < whole.length; length++) {
        await put(whole.subarray(0, length))
        await assert.rejects(read(name), refused(/cut off|empty|damaged/), `${length} of ${whole.length} bytes`)
      }
    })

    test('with any bit turned it is refused; only gzip has some that say nothing of what is in it', async () => {
      const whole = await make([frame('one row'), frame('another')], { items: 2 })
      const expected = await read(name)
      let idle = 0
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const turned = Buffer.from(whole)
        turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        await put(turned)
        try {
          assert.deepEqual(await read(name), expected, `bit ${bit}`)
          idle++
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'BACKUP_INVALID', `bit ${bit}: ${error}`)
        }
      }
      // Those of the header: https://www.rfc-editor.org/rfc/rfc1952#page-5, and what fills up its last byte.
      assert.ok(key ? idle === 0 : idle <= 57, `${idle} idle bits`)
    })

    test('its text is there for people', async () => {
      await make([frame('one row')], { items: 1 })
      const pieces: Uint8Array[] = []
      for await (const piece of readText(path.join(folder, name), name, { keys: [KEY] })) pieces.push(piece)
      const text = Buffer.concat(pieces).toString()
      assert.match(text, /^\{"kind":"m3saas-backup","version":1,/)
      assert.match(text, /\n\{"kind":"rows","units":1,"bytes":7\}\none row\{"kind":"end","records":1,/)
    })
  })
}

test('what is no archive is refused with what is wrong with it', async () => {
  const first = `{"kind":"m3saas-backup","version":1,"engine":"mysql","origin":{"target":"catalog","database":"c"},"taken":"2026-01-01T00:00:00Z","bytes":0}\n`
  for (const [text, message] of [
    ['', /it is empty/],
    ['no JSON\n', /no JSON/],
    ['null\n', /no head/],
    ['[]\n', /no head/],
    ['{"kind":"m3saas-backup"}\n', /does not tell its length/],
    ['{"kind":"x","bytes":0}\n', /no backup of this kind/],
    [first.replace('"version":1', '"version":2'), /of version 2, and this is for 1/],
    [first.replace('mysql', 'oracle'), /does not tell what it is of/],
    [first.replace('"catalog"', '"tenant"'), /does not tell what it is of/],
    [first, /its end is missing/],
    [`${first}{"kind":"rows","units":1,"bytes":-1}\n`, /does not tell its length/],
    [`${first}{"kind":"rows","units":1,"bytes":1e12}\n`, /one that no record has/],
    [`${first}{"kind":"rows","bytes":0}\n`, /does not tell what it is/],
    [`${first}{"kind":"rows","units":1,"bytes":9}\nabc`, /in the middle of a record/],
    [`${first}{"kind":"end","records":0,"rows":{},"sha256":"00","bytes":0}\n`, /its checksum differs/],
    [`${first}${'x'.repeat(1_100_000)}`, /a head that does not end/],
  ] as const) {
    await writeFile(path.join(folder, PLAIN), gzipSync(text))
    await assert.rejects(read(PLAIN), refused(message), text.slice(0, 80))
  }
  await writeFile(path.join(folder, PLAIN), 'no gzip')
  await assert.rejects(read(PLAIN), refused(/damaged/))
  await assert.rejects(read('shop-2020-11-27T21-02-03.456Z.backup.gz'), { code: 'BACKUP_UNKNOWN' })
})

test('what follows the end of an archive is refused', async () => {
  await rm(path.join(folder, PLAIN), { force: true })
  await writeFakeArchive(folder, PLAIN, fakeDump([frame('a')]))
  const whole = await readFile(path.join(folder, PLAIN))
  await writeFile(path.join(folder, PLAIN), Buffer.concat([whole, gzipSync('{"bytes":0}\n')]))
  await assert.rejects(read(PLAIN), refused(/something follows its end/))
  await writeFile(path.join(folder, PLAIN), Buffer.concat([whole, Buffer.from('garbage')]))
  await assert.rejects(read(PLAIN), refused(/damaged/))
})

test('a key that is not the one says so, and one of before opens what it closed', async () => {
  await rm(path.join(folder, SEALED), { force: true })
  await writeFakeArchive(folder, SEALED, fakeDump([frame('a plain row')]), KEY)
  const file = await readFile(path.join(folder, SEALED))
  assert.ok(!file.includes('plain row') && !file.includes('m3saas-backup","version'), 'nothing can be read in it')
  await assert.rejects(read(SEALED, [randomBytes(32)]), refused(/encrypted with another key.*formerKeyFiles/))
  await assert.rejects(read(SEALED, []), refused(/it is encrypted, and backups\.keyFile names no key/))
  assert.equal((await read(SEALED, [randomBytes(32), KEY])).frames[0]?.body, 'a plain row')
})

test('chunks of an encrypted file that are left out, doubled or moved are refused', async () => {
  await rm(path.join(folder, SEALED), { force: true })
  const bytes = randomBytes(400_000)
  await writeFakeArchive(folder, SEALED, fakeDump([{ head: { kind: 'rows', units: 1 }, body: bytes }]), KEY)
  const whole = await readFile(path.join(folder, SEALED))
  const [header, chunk] = [66, 65_552]
  const at = (i: number) => whole.subarray(header + i * chunk, header + (i + 1) * chunk)
  const chunks = [0, 1, 2, 3, 4, 5, 6].map(at)
  assert.ok((chunks.at(-1)?.length ?? 0) < chunk && (chunks.at(-1)?.length ?? 0) > 0, 'the last is a shorter one')
  for (const order of [
    [1, 2, 3, 4, 5, 6],
    [0, 1, 1, 2, 3, 4, 5, 6],
    [0, 2, 1, 3, 4, 5, 6],
    [0, 1, 2, 3, 4, 5],
    [0, 1, 2, 3, 4, 5, 6, 6],
  ]) {
    await writeFile(
      path.join(folder, SEALED),
      Buffer.concat([whole.subarray(0, header), ...order.map((i) => chunks[i] as Buffer)]),
    )
    await assert.rejects(read(SEALED), refused(/changed or cut off/), order.join())
  }
})
