/** The host of the broker in docker-compose.yml. */
export const BROKER_HOST = 'hive-mq'

export interface NewConfigValues {
  readonly dbSalt: string
  readonly databasePassword: string
  readonly username: string
  readonly password: string
}

/** The text of a configuration for docker-compose.yml, in the shape of `secrets/config.json.secret.example`. Pure. */
export function newConfig({ dbSalt, databasePassword, username, password }: NewConfigValues): string {
  const config = {
    sub_directory: '',
    dbSalt,
    tenants: {
      database: { host: 'database', database: 'm3saas', user: 'root', password: databasePassword },
      settings: { engine: 'InnoDB', collation: 'utf8mb4_unicode_ci' },
      backup: { perDay: -1, max: 10 },
    },
    mqtt: { host: BROKER_HOST, port: '1883', username, password },
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** A name for the server's user that nobody has: the password of one that is there is not known. Pure. */
export function freeName(taken: readonly string[]): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? 'm3saas' : `m3saas-${i}`
    if (!taken.includes(name)) return name
  }
}
