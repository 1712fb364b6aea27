import { stat } from 'node:fs/promises'
import path from 'node:path'
import { readIfThere, writeOnce } from './write-once.js'

const COMPOSE = 'docker-compose.yml'
const NAME = 'M3SAAS_USER'
/** Of the app in docker-compose.yml, if nobody says otherwise. */
const DEFAULT_USER = '1000:1000'

/**
 * Docker Compose mounts secrets with the owner and the mode that they have outside: the app of docker-compose.yml is to
 * run as their owner, whom `.env` names. One that is there is left alone; the note says what is to be put into it.
 * Undefined where there is nothing to say: without docker-compose.yml, and on Windows, where files have no such owner.
 */
export async function writeComposeUser(
  root: string,
  secret: string,
): Promise<{ value: undefined; written: boolean; note?: string } | undefined> {
  if ((await readIfThere(path.join(root, COMPOSE))) === undefined || path.sep === '\\') return undefined
  const { uid, gid } = await stat(path.join(root, secret))
  const line = `${NAME}=${uid}:${gid}`
  const { text, written } = await writeOnce(
    path.join(root, '.env'),
    () => `# Who the app of ${COMPOSE} runs as: the owner of secrets/.\n${line}\n`,
  )
  const isNamed = new RegExp(`^\\s*(?:export\\s+)?${NAME}\\s*=`, 'm').test(text)
  const isRight = written || isNamed || line.endsWith(`=${DEFAULT_USER}`)
  return { value: undefined, written, ...(isRight ? {} : { note: `add ${line} to it` }) }
}
