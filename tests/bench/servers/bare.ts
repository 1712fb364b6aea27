import Fastify from 'fastify'
import { createPool } from 'mysql2/promise'
import { pino } from 'pino'

/**
 * The baseline: Fastify as it comes with the handlers of the benchmark's module, mysql2 and Sequelize as their
 * documentation shows them. BENCH_DATABASE is the JSON of one tenant's connection, BENCH_ROUTES what to serve.
 */
const routes = (process.env.BENCH_ROUTES ?? '').split(',')
// To standard error, as the other server does.
const app = Fastify(process.env.BENCH_LOG ? { loggerInstance: pino(process.stderr) } : {})
const row = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    title: { type: 'string' },
    body: { type: 'string' },
    score: { type: 'integer' },
  },
}
const rows = { type: 'array', items: row }

if (routes.includes('hello')) {
  const hello = { type: 'object', properties: { hello: { type: 'string' } } }
  app.get('/hello', { schema: { response: { 200: hello } } }, async () => ({ hello: 'world' }))
}
const database = () => JSON.parse(process.env.BENCH_DATABASE ?? '{}') as Record<string, string> & { port: number }
if (routes.includes('sql')) {
  const pool = createPool({ ...database(), connectionLimit: 2 })
  app.get('/sql', { schema: { response: { 200: rows } } }, async () => {
    const [found] = await pool.execute('SELECT id, title, body, score FROM bench_rows LIMIT 20')
    return found
  })
}
if (routes.includes('models')) {
  const { DataTypes, Sequelize } = await import('sequelize')
  const { host = '', port, user = '', password = '', database: name = '' } = database()
  const sequelize = new Sequelize(name, user, password, {
    host,
    port,
    dialect: 'mysql',
    logging: false,
    pool: { max: 2 },
  })
  const model = sequelize.define(
    'bench_rows',
    { title: DataTypes.STRING(100), body: DataTypes.STRING(200), score: DataTypes.INTEGER },
    { freezeTableName: true, timestamps: false },
  )
  app.get('/models', { schema: { response: { 200: rows } } }, () => model.findAll({ limit: 20 }))
}
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.stdout.write(`${JSON.stringify({ url })}\n`)
process.once('SIGTERM', () => process.exit(0))
