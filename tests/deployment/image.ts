import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { linkTree } from '../docs/project-copy.js'
import { repository } from '../support/app.js'
import { argumentsOf, type Instruction, notIgnored, optionsOf, parseDockerfile } from './dockerfile.js'

const run = promisify(execFile)

/** What stands in a folder for an image that a container engine would build. */
export interface Image {
  /** Stands for the root of its file system. */
  readonly folder: string
  readonly workdir: string
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly ports: readonly string[]
  readonly stopSignal: string
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
  /** Steps that were not done here. */
  readonly left: readonly string[]
  /** A path in the image, as it is on this machine. */
  place(inside: string): string
  remove(): Promise<void>
}

/**
 * Does what our Dockerfile says without a container engine: each stage in a folder of its own, what is copied from the
 * project being what git tracks and .dockerignore leaves. Of the base image nothing is there: this machine's programs
 * stand for its own. Two steps are others: `apt-get` is left out, since there is no Debian below to install into, and
 * `npm ci` is rehearsed, then what is installed here is taken, so that nothing is fetched.
 */
export async function buildImage(): Promise<Image> {
  const home = await mkdtemp(path.join(tmpdir(), 'm3saas-image-'))
  const read = (file: string) => readFile(path.join(repository, file), 'utf8')
  const { stdout } = await run('git', ['ls-files', '-z', '--cached'], { cwd: repository })
  const context = notIgnored(await read('.dockerignore'), stdout.split('\0'))
  const stages = new Map<string, Builder>()
  let last: Builder | undefined
  try {
    for (const [i, { name, instructions }] of parseDockerfile(await read('Dockerfile')).entries()) {
      last = new Builder(path.join(home, String(i)), context, stages)
      await mkdir(last.folder)
      for (const instruction of instructions) await last.do(instruction)
      if (name !== undefined) stages.set(name, last)
    }
    if (!last) throw new Error('the Dockerfile has no stage')
    const image = last
    return Object.assign(image, { remove: () => rm(home, { recursive: true, force: true }) })
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    throw error
  }
}

class Builder {
  workdir = '/'
  readonly env: Record<string, string> = {
    PATH: [path.dirname(process.execPath), process.env.PATH ?? ''].join(path.delimiter),
  }
  user = ''
  readonly ports: string[] = []
  stopSignal = ''
  entrypoint: string[] = []
  command: string[] = []
  healthcheck: string[] = []
  readonly left: string[] = []

  constructor(
    readonly folder: string,
    readonly context: readonly string[],
    readonly stages: ReadonlyMap<string, Builder>,
  ) {}

  place(inside: string): string {
    return path.join(this.folder, path.posix.resolve(this.workdir, inside))
  }

  async do({ name, text, line }: Instruction): Promise<void> {
    switch (name) {
      case 'WORKDIR':
        this.workdir = path.posix.resolve(this.workdir, text)
        await mkdir(this.place('.'), { recursive: true })
        break
      case 'ENV':
        for (const pair of text.split(/\s+/)) this.#set(pair)
        break
      case 'RUN':
        await this.#run(text)
        break
      case 'COPY':
        await this.#copy(text)
        break
      // They change nothing of what runs.
      case 'LABEL':
        break
      case 'USER':
        this.user = text
        break
      case 'EXPOSE':
        this.ports.push(text)
        break
      case 'STOPSIGNAL':
        this.stopSignal = text
        break
      case 'ENTRYPOINT':
        this.entrypoint = argumentsOf(text)
        break
      case 'CMD':
        this.command = argumentsOf(text)
        break
      case 'HEALTHCHECK':
        this.healthcheck = argumentsOf(optionsOf(text).rest.replace(/^CMD\s+/, ''))
        break
      default:
        throw new Error(`Dockerfile:${line}: ${name} is not understood`)
    }
  }

  /** Paths in the working directory become those of this machine. */
  #set(pair: string): void {
    const [, key = '', value = ''] = /^([A-Z_0-9]+)=(.*)$/.exec(pair) ?? []
    if (key === '') throw new Error(`ENV ${pair}`)
    const known = value.replace(/\$([A-Z_0-9]+)/g, (_all, other) => this.env[other] ?? '')
    this.env[key] = known.replaceAll(new RegExp(`(?<=^|:)${this.workdir}(?=/|:|$)`, 'g'), this.place('.'))
  }

  async #run(command: string): Promise<void> {
    if (command.startsWith('apt-get ')) {
      this.left.push(command)
      return
    }
    const isInstalling = command.startsWith('npm ci ')
    await this.#shell(isInstalling ? `${command} --dry-run` : command)
    if (isInstalling) await linkTree(path.join(repository, 'node_modules'), this.place('node_modules'))
  }

  async #shell(command: string): Promise<void> {
    const { HOME = '', TMPDIR } = process.env
    const env = { HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), npm_config_offline: 'true', ...this.env }
    await run('/bin/sh', ['-ec', command], { cwd: this.place('.'), env, maxBuffer: 64 * 1024 * 1024 })
  }

  async #copy(text: string): Promise<void> {
    const { options, rest } = optionsOf(text)
    const names = rest.split(/\s+/)
    const to = names.pop() ?? ''
    const from = options.get('from')
    for (const name of names) {
      if (from === undefined) await this.#copyFromProject(name, to)
      else await this.#copyFromStage(this.#stage(from).place(name), to)
    }
  }

  #stage(name: string): Builder {
    const stage = this.stages.get(name)
    if (!stage) throw new Error(`there is no stage ${name}`)
    return stage
  }

  async #copyFromStage(source: string, to: string): Promise<void> {
    if ((await stat(source)).isDirectory()) await linkTree(source, this.place(to))
    else await cp(source, path.join(this.place(to), to.endsWith('/') ? path.basename(source) : ''))
  }

  /** Of a folder its contents are copied, as a container engine does. */
  async #copyFromProject(name: string, to: string): Promise<void> {
    const files = this.context.filter((file) => file === name || file.startsWith(`${name}/`))
    if (files.length === 0) throw new Error(`COPY ${name}: there is no such file for the builder`)
    for (const file of files) {
      const inside =
        file === name ? (to.endsWith('/') ? to + path.posix.basename(file) : to) : to + file.slice(name.length)
      await cp(path.join(repository, file), this.place(inside), { recursive: true })
    }
  }
}
