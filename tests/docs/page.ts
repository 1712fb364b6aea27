import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { repository } from '../support/app.js'
import { type Block, blocksOf } from './markdown.js'
import { copyProject, linkTree } from './project-copy.js'
import { quickNpx } from './quick-npx.js'
import { Server, Shell } from './shell.js'
import { matches, type Step, stepsOf } from './transcript.js'

/**
 * Does what a page of the documentation says, block after block, in a fresh copy of the project:
 *
 * - `sh`: commands whose output the page does not show. `console`: commands with all that they print; see `matches`.
 * - `js`, `ts`: a file, whose path stands in a comment in its first line. `json <path>`: likewise.
 * - `text`: for the eye alone. There are no other blocks, so that nothing escapes.
 *
 * A command that starts the server goes on in a terminal of its own until `^C` or the end of the page. So does a
 * subscriber, `npx mqtt sub`: the page goes on when it has printed its first line, and at the end it must have printed
 * them all. `npm test` and `npm run bench` are not run, since this is a test itself: they must be scripts of package.json.
 */
export async function followPage(file: string, options: PageOptions = {}): Promise<void> {
  const page = await readFile(path.join(repository, file), 'utf8')
  const folder = await copyProject()
  const [port, brokerPort, webSocketPort] = await freePorts(3)
  const own = readerEnvironment(port ?? 0)
  const env = options.built ? { ...own, PATH: `${await quickNpx(folder)}:${own.PATH}` } : own
  const changes = [
    ['127.0.0.1:3000', `127.0.0.1:${port}`],
    ['127.0.0.1:1883', `127.0.0.1:${brokerPort}`],
    ['127.0.0.1:8000', `127.0.0.1:${webSocketPort}`],
    ['npx mqtt sub ', `npx mqtt sub -p ${brokerPort} `],
    ...(options.changes ?? []),
  ] as const
  // A page that writes a configuration of its own takes its place, and says where a broker listens if it has one.
  const configuration = { mqtt: { listen: { port: brokerPort, webSocketPort } } }
  await writeFile(path.join(folder, 'm3saas', 'config.json'), JSON.stringify(configuration))
  // What `npm install` would build, as it was built for this run; the README is followed with that of its own.
  if (options.built) await linkTree(path.join(repository, 'dist'), path.join(folder, 'm3saas', 'dist'))
  const reader = new Reader(file, new Shell(path.join(folder, 'm3saas'), env), env, changes)
  try {
    for (const block of blocksOf(page)) await reader.follow(block)
    await reader.hearAll()
  } finally {
    await reader.leave()
    await rm(folder, { recursive: true })
  }
}

/** Why pages cannot be followed on this machine, or false. */
export const cannotFollow: string | false = spawnSync('curl', ['--version']).error ? 'no curl is installed' : false

export interface PageOptions {
  /** The page takes up where `npm install` has been run. */
  readonly built?: boolean
  /** What the page says, and what stands for it in this run: ports, passwords. */
  readonly changes?: readonly (readonly [string, string])[]
}

const SERVER = /(?:^|&& |; )(?:[A-Z_]+=\S+ )*(?:npm start|npx m3saas start)\b/
const SUBSCRIBER = /^npx mqtt sub\b/
const NOT_RUN = /^npm (?:run )?(test|bench)$/

class Reader {
  #server: Server | undefined
  readonly #subscribers: { readonly place: string; readonly output: string; readonly terminal: Server }[] = []

  constructor(
    readonly page: string,
    readonly shell: Shell,
    readonly env: Readonly<Record<string, string>>,
    readonly changes: readonly (readonly [string, string])[],
  ) {}

  async follow({ language, info, text, line }: Block): Promise<void> {
    switch (language) {
      case 'sh': {
        for (const [i, command] of text.trimEnd().split('\n').entries()) {
          await this.#type({ command, output: undefined, interrupted: false, line: line + i })
        }
        break
      }
      case 'console':
        for (const step of stepsOf(text, line)) await this.#type(step)
        break
      case 'js':
      case 'ts':
        await this.#write(/^\/\/ (\S+\.[cm]?[jt]s)$/m.exec(text.split('\n', 1)[0] ?? '')?.[1], text, line)
        break
      case 'json':
        await this.#write(info || undefined, text, line)
        break
      case 'text':
        break
      default:
        assert.fail(`${this.page}:${line}: a block of the kind "${language}"`)
    }
  }

  /** What subscribers were shown to print has come. */
  async hearAll(): Promise<void> {
    for (const { place, output, terminal } of this.#subscribers) await this.#hears(place, output, terminal)
  }

  async leave(): Promise<void> {
    await Promise.all(this.#subscribers.map(({ terminal }) => terminal.interrupt()))
    await this.#server?.interrupt()
    await this.shell.close()
  }

  async #write(file: string | undefined, text: string, line: number): Promise<void> {
    assert.ok(file, `${this.page}:${line}: a file without its path`)
    const target = path.join(await this.shell.folder(), file)
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, this.#changed(text))
  }

  async #type(step: Step): Promise<void> {
    const { output, interrupted } = step
    const command = this.#changed(step.command)
    const place = `${this.page}:${step.line}: ${step.command}`
    const notRun = NOT_RUN.exec(command)?.[1]
    if (notRun !== undefined) {
      const { scripts } = JSON.parse(await readFile(path.join(repository, 'package.json'), 'utf8'))
      assert.equal(typeof scripts[notRun], 'string', `${place} is no script of package.json`)
    } else if (SERVER.test(command)) {
      await this.#server?.interrupt()
      this.#server = new Server(command, await this.shell.folder(), this.env)
      const isExpected = (said: string) =>
        said.includes('M3SaaS serves') && (output === undefined || matches(output, this.#restored(said)))
      await this.#server.hasSaid(isExpected).catch((error: Error) => {
        assert.fail(`${place}\nThe page shows:\n${output}\n\n${error.message}`)
      })
      if (interrupted) {
        await this.#server.interrupt()
        this.#server = undefined
      }
    } else if (SUBSCRIBER.test(command)) {
      const terminal = new Server(command, await this.shell.folder(), this.env)
      this.#subscribers.push({ place, output: output ?? '', terminal })
      await this.#hears(place, output?.split('\n', 1)[0] ?? '', terminal)
    } else {
      const outcome = await this.shell.run(command)
      const printed = this.#restored(outcome.output)
      assert.equal(outcome.status, 0, `${place}\nends with ${outcome.status}:\n${printed}`)
      if (output !== undefined && !matches(output, printed)) {
        assert.fail(`${place}\nThe page shows:\n${output}\n\nIt printed:\n${printed}`)
      }
    }
  }

  async #hears(place: string, output: string, terminal: Server): Promise<void> {
    await terminal
      .hasSaid((said) => matches(output, this.#restored(said)))
      .catch((error: Error) => assert.fail(`${place}\nThe page shows:\n${output}\n\n${error.message}`))
  }

  #changed(text: string): string {
    return this.changes.reduce((changed, [shown, real]) => changed.replaceAll(shown, real), text)
  }

  #restored(text: string): string {
    return this.changes.reduce((restored, [shown, real]) => restored.replaceAll(real, shown), text)
  }
}

/** What a terminal of the reader has; nothing of the test run around it. npm finds all that it needs in place. */
function readerEnvironment(port: number): Record<string, string> {
  const { HOME = '', PATH = '', TMPDIR } = process.env
  return {
    HOME,
    PATH: [path.dirname(process.execPath), PATH].join(path.delimiter),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    PORT: String(port),
    npm_config_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  }
}

/** Ports that differ from one another. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return ports
}
