import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { repository } from '../support/app.js'
import type { Image } from './image.js'

/** Neither root nor whoever built the image: any user that owns the secrets must do. */
export const OTHER_USER = 12_345
const asOther = ['--reuid', '--regid'].map((option) => `${option}=${OTHER_USER}`)
const [changer = '', ...changing] = [
  'setpriv',
  ...asOther,
  '--clear-groups',
  '--no-new-privs',
  '--bounding-set=-all',
  '--inh-caps=-all',
  '--',
]

/** Whether processes can run as that user here; else they run as whoever runs the tests. */
export const canChange =
  process.getuid?.() === 0 && spawnSync(changer, [...changing, process.execPath, '--version']).status === 0

const CREDENTIALS = 'hive-mq/extensions/hivemq-file-rbac-extension'

export interface Process {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  /** On both of its outputs, so far. */
  said(): string
}

/** Processes as Docker Compose runs them from an image, beside a project folder on the host whose files are mounted. */
export class Container {
  /** On the host, and of the other user: what a clone has that `m3saas init` and the mounts need. */
  readonly project: string
  readonly #running: ChildProcess[] = []

  constructor(
    readonly image: Image,
    readonly env: Readonly<Record<string, string>>,
  ) {
    this.project = path.join(path.dirname(image.folder), 'project')
  }

  /** The project’s folder, with the database server’s password in it. */
  async makeProject(databasePassword: string): Promise<void> {
    for (const folder of ['.', 'secrets', CREDENTIALS])
      await mkdir(path.join(this.project, folder), { recursive: true })
    const extension = path.join(CREDENTIALS, 'extension-config.xml')
    for (const file of ['docker-compose.yml', extension])
      await cp(path.join(repository, file), path.join(this.project, file))
    const secret = path.join(this.project, 'secrets/db_root_password.secret')
    await writeFile(secret, databasePassword, { mode: 0o600 })
    if (!canChange) return
    await chmod(path.dirname(this.project), 0o755)
    for (const place of [
      this.project,
      path.join(this.project, 'secrets'),
      path.join(this.project, CREDENTIALS),
      secret,
    ])
      await chown(place, OTHER_USER, OTHER_USER)
  }

  /** `change` alters the configuration that init wrote: no names of services are known here. */
  async configure(change: (config: ComposeConfig) => void): Promise<void> {
    const file = this.host('secrets/config.json.secret')
    const config = JSON.parse(await readFile(file, 'utf8'))
    change(config)
    await writeFile(file, JSON.stringify(config))
  }

  /** Links stand for mounts: modes and owners are those on the host. */
  async mount(): Promise<void> {
    const secrets = path.join(this.image.folder, 'run/secrets')
    await mkdir(secrets, { recursive: true })
    await symlink(this.host('secrets/config.json.secret'), path.join(secrets, 'm3saas_config'))
    await symlink(this.host('secrets/ops_token.secret'), this.image.place('/app/secrets/ops_token.secret'))
    await mkdir(this.image.place(path.posix.join('/app', path.dirname(CREDENTIALS))), { recursive: true })
    await symlink(this.host(CREDENTIALS), this.image.place(path.posix.join('/app', CREDENTIALS)))
  }

  /** A file of the project. */
  host(file: string): string {
    return path.join(this.project, file)
  }

  start([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): Process {
    const command = canChange ? [changer, ...changing, program, ...args] : [program, ...args]
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: this.image.place('.'),
      env: {
        ...this.image.env,
        ...this.env,
        CONFIG_FILE: path.join(this.image.folder, 'run/secrets/m3saas_config'),
        ...env,
      },
    })
    this.#running.push(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        said += text
      })
    return { child, ended: once(child, 'close').then(([status]) => status as number | null), said: () => said }
  }

  async stop(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL')
    await this.image.remove()
  }
}

/** As `m3saas init` writes it. */
export interface ComposeConfig {
  readonly tenants: { readonly database: { host: string; port?: number; database: string; password: string } }
  readonly mqtt: { host: string; port: string; username: string; password: string }
}
