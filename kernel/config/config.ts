/** The configuration as the rest of the product sees it: validated, defaulted, frozen. */
export interface Config {
  /** Without slashes at its ends: `''` or `api/v1`. */
  readonly sub_directory: string
  readonly dbSalt: string
  readonly tenants: {
    /** Absent: SQLite files under `data/`. */
    readonly database?: MysqlConfig
    readonly settings: { readonly engine: string; readonly collation: string }
    readonly customLengths: CustomLengths
    readonly backup: { readonly perDay: number; readonly max: number }
  }
  readonly mqtt: MqttConfig
  readonly http: {
    readonly host: string
    readonly port: number
    /** Bytes. */
    readonly bodyLimit: number
    readonly trustProxy: boolean
    readonly cors?: {
      readonly origins: readonly string[]
      readonly credentials: boolean
      readonly maxAgeSeconds: number
    }
    readonly shutdownSeconds: number
  }
  readonly timeZone: string
  readonly autoMigration: boolean
  readonly alwaysForceMainSeeds: boolean
  readonly ops: { readonly token?: string }
  readonly limits: {
    readonly liveTenants: number
    readonly tenantIdleSeconds: number
    readonly connections: number
    readonly connectionsPerTenant: number
    readonly connectionWaitSeconds: number
    readonly connectionIdleSeconds: number
    /** How long a module may take to be imported, and again to register. */
    readonly moduleSeconds: number
  }
  readonly catalog: { readonly pollSeconds: number }
  readonly migrations: {
    readonly destructive: DestructivePolicy
    readonly fleet: FleetConfig
  }
  readonly cron: CronConfig
  readonly backups: BackupsConfig
  readonly log: { readonly level: string }
}

/** What becomes of a step that can lose data: a backup of the database first, no migration at all, or nothing is asked. */
export type DestructivePolicy = 'backup' | 'refuse' | 'allow'

/** How all tenants are migrated by one command. */
export interface FleetConfig {
  /** Tenants migrated at a time. */
  readonly parallel: number
  /** Tenants migrated first, one after another: the others only if all of these went well. */
  readonly canary: number
  /** The run stops once so many tenants have failed. */
  readonly maxFailures: number
}

/** How jobs of modules are run. */
export interface CronConfig {
  /** False: this server runs none; `m3saas cron` does. */
  readonly enabled: boolean
  /** The time of day, in `timeZone`, at which jobs of a day and longer are run: `07:30`. */
  readonly at: string
  /** Jobs run at a time by one process, each in a thread of its own. */
  readonly parallel: number
  /** For jobs that declare no limits of their own. */
  readonly timeoutSeconds: number
  readonly memoryMegabytes: number
  /** How long runs are kept in the history. */
  readonly keepDays: number
}

/** How databases are backed up, and where to. How many backups are kept stands in the catalog. */
export interface BackupsConfig {
  /** From the app root. */
  readonly directory: string
  /** How often the job `database_backup` is due; there is none if it is `never`. */
  readonly repeat: 'day' | 'week' | 'month' | 'year' | 'never'
  /** Of gzip: 1 is the fastest, 9 the smallest. */
  readonly compression: number
  /** From the app root: holds the key that backups are encrypted with. Absent: they are not. */
  readonly keyFile?: string
  /** Keys that older backups were encrypted with. */
  readonly formerKeyFiles: readonly string[]
  /** Backups and restores at a time, each in a thread. */
  readonly parallel: number
}

/** Where messages go, and how many may wait. */
export interface MqttConfig {
  /** A broker of others. Absent: see `embedded`. */
  readonly broker?: BrokerConfig
  /** The server runs a broker itself. False and no `broker`: there is no MQTT at all. */
  readonly embedded: boolean
  /** Of the embedded broker. A port of 0 is any that is free. */
  readonly listen: { readonly host: string; readonly port: number; readonly webSocketPort: number }
  /** The file of the broker's users, from the app root. */
  readonly credentials: string
  /** Of PBKDF2, for passwords that are hashed from now on. */
  readonly hashIterations: number
  /** A tenant gets a broker user when it is added. */
  readonly tenantUsers: boolean
  /** Topic filters of what all tenants may publish to, if they ask for it. */
  readonly sharedTopics: readonly string[]
  /** What may wait for the broker: messages in all, of one tenant, and megabytes of topics and payloads. */
  readonly queue: { readonly messages: number; readonly messagesPerTenant: number; readonly megabytes: number }
  /** Bytes of one message. */
  readonly payloadLimit: number
}

export interface BrokerConfig {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  readonly tls: boolean
}

export interface MysqlConfig {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  /** How long a start waits for the server to answer. */
  readonly waitSeconds: number
}

/** The lengths of the custom column types, in characters (digits for `id`). */
export interface CustomLengths {
  readonly id: number
  readonly email: number
  readonly password: number
  readonly phone: number
  readonly ip: number
  readonly link: number
}
