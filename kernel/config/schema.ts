/** The JSON Schema of the configuration file. Defaults stand here and nowhere else. */

const text = { type: 'string', minLength: 1 }
const count = { type: 'integer', minimum: 1 }
/** 1 to 65535 in digits. */
const PORT = '^0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$'
const seconds = { type: 'number', exclusiveMinimum: 0, maximum: 86_400 }

/** An object that need not be there. */
function optional(required: readonly string[], properties: Record<string, unknown>) {
  return { type: 'object', additionalProperties: false, required, properties }
}

/** An object that is filled with the defaults of its properties. */
function object(properties: Record<string, unknown>) {
  return { ...optional([], properties), default: {} }
}

export const configSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    sub_directory: {
      type: 'string',
      default: '',
      pattern: '^/?$|^/?[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*/?$',
      description: 'must be a path of letters, digits and . _ ~ -, such as api/v1',
    },
    dbSalt: { type: 'string', default: '' },
    tenants: object({
      database: optional(['host', 'database', 'user', 'password'], {
        host: text,
        port: { type: 'integer', minimum: 1, maximum: 65_535, default: 3306 },
        database: {
          type: 'string',
          pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$',
          description: 'must be a letter, then letters, digits or _, at most 64',
        },
        user: text,
        password: { type: 'string' },
        waitSeconds: { type: 'number', minimum: 0, maximum: 86_400, default: 60 },
      }),
      settings: object({
        engine: { type: 'string', enum: ['InnoDB'], default: 'InnoDB' },
        collation: {
          type: 'string',
          pattern: '^[A-Za-z0-9_]{2,64}$',
          description: 'must be the name of a collation, such as utf8mb4_unicode_ci',
          default: 'utf8mb4_unicode_ci',
        },
      }),
      customLengths: object({
        id: { type: 'integer', minimum: 1, maximum: 20, default: 11 },
        email: { type: 'integer', minimum: 3, maximum: 768, default: 255 },
        password: { type: 'integer', minimum: 1, maximum: 16_383, default: 255 },
        phone: { type: 'integer', minimum: 1, maximum: 768, default: 20 },
        ip: { type: 'integer', minimum: 15, maximum: 768, default: 45 },
        link: { type: 'integer', minimum: 1, maximum: 16_383, default: 511 },
      }),
      backup: object({
        perDay: { type: 'integer', default: -1 },
        max: { type: 'integer', default: 10 },
      }),
    }),
    mqtt: object({
      host: text,
      port: {
        anyOf: [
          { type: 'integer', minimum: 1, maximum: 65_535 },
          { type: 'string', pattern: PORT },
        ],
        default: 1883,
      },
      username: { type: 'string' },
      password: { type: 'string' },
      tls: { type: 'boolean', default: false },
      embedded: { type: 'boolean' },
      listen: object({
        host: { ...text, default: '127.0.0.1' },
        port: { type: 'integer', minimum: 0, maximum: 65_535, default: 1883 },
        webSocketPort: { type: 'integer', minimum: 0, maximum: 65_535, default: 8000 },
      }),
      credentials: { ...text, default: 'hive-mq/extensions/hivemq-file-rbac-extension/credentials.xml' },
      hashIterations: { ...count, maximum: 10_000_000, default: 10_000 },
      tenantUsers: { type: 'boolean', default: false },
      sharedTopics: { type: 'array', items: text, default: [] },
      queue: object({
        messages: { ...count, maximum: 10_000_000, default: 20_000 },
        messagesPerTenant: { ...count, maximum: 10_000_000, default: 5000 },
        megabytes: { ...count, maximum: 65_536, default: 64 },
      }),
      payloadLimit: { ...count, maximum: 268_435_455, default: 1_048_576 },
    }),
    http: object({
      host: { ...text, default: '127.0.0.1' },
      port: { type: 'integer', minimum: 0, maximum: 65_535, default: 3000 },
      bodyLimit: { ...count, maximum: 1_073_741_824, default: 1_048_576 },
      trustProxy: { type: 'boolean', default: false },
      cors: optional(['origins'], {
        origins: { type: 'array', items: text, minItems: 1 },
        credentials: { type: 'boolean', default: false },
        maxAgeSeconds: { type: 'integer', minimum: 0, default: 600 },
      }),
      shutdownSeconds: { ...seconds, default: 10 },
    }),
    timeZone: { ...text, default: 'UTC' },
    autoMigration: { type: 'boolean', default: true },
    alwaysForceMainSeeds: { type: 'boolean', default: false },
    ops: object({ token: { type: 'string', minLength: 16 } }),
    limits: object({
      liveTenants: { ...count, default: 500 },
      tenantIdleSeconds: { ...seconds, default: 900 },
      connections: { type: 'integer', minimum: 4, default: 50 },
      connectionsPerTenant: { ...count, default: 2 },
      connectionWaitSeconds: { ...seconds, default: 5 },
      connectionIdleSeconds: { ...seconds, default: 10 },
      moduleSeconds: { ...seconds, default: 10 },
    }),
    migrations: object({
      destructive: { type: 'string', enum: ['backup', 'refuse', 'allow'], default: 'backup' },
      fleet: object({
        parallel: { ...count, maximum: 256, default: 8 },
        canary: { type: 'integer', minimum: 0, default: 1 },
        maxFailures: { ...count, default: 5 },
      }),
    }),
    cron: object({
      enabled: { type: 'boolean', default: true },
      at: {
        type: 'string',
        pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
        description: 'must be a time of day such as 07:30',
        default: '07:30',
      },
      parallel: { ...count, maximum: 64, default: 4 },
      timeoutSeconds: { ...seconds, default: 900 },
      memoryMegabytes: { type: 'integer', minimum: 16, maximum: 65_536, default: 256 },
      keepDays: { ...count, maximum: 36_500, default: 90 },
    }),
    backups: object({
      directory: { ...text, default: 'backups' },
      repeat: { type: 'string', enum: ['day', 'week', 'month', 'year', 'never'], default: 'month' },
      compression: { type: 'integer', minimum: 1, maximum: 9, default: 6 },
      keyFile: text,
      formerKeyFiles: { type: 'array', items: text, default: [] },
      parallel: { ...count, maximum: 16, default: 2 },
    }),
    catalog: object({ pollSeconds: { ...seconds, default: 2 } }),
    log: object({
      level: { type: 'string', enum: ['fatal', 'error', 'warn', 'info', 'debug', 'silent'], default: 'info' },
    }),
  },
}
