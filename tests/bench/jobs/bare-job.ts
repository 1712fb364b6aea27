import { type ConnectionOptions, createConnection } from 'mysql2/promise'

/** The work of the benchmark's job as plain mysql2 does it. */
export default async function run({ login, query }: { login: ConnectionOptions; query: string }): Promise<unknown> {
  const connection = await createConnection(login)
  const [rows] = await connection.execute(query)
  await connection.end()
  return rows
}
