import mysql from 'mysql2'
import type { SharedMariaDb } from './mariadb.js'

/** Runs one statement as root, on a connection that is opened for it. */
export function rootQuery(server: SharedMariaDb): <R>(sql: string) => Promise<R[]> {
  const { host, port, rootUser: user, rootPassword: password } = server
  return async <R>(sql: string) => {
    const connection = mysql.createConnection({ host, port, user, password })
    try {
      return await new Promise<R[]>((resolve, reject) => {
        connection.query(sql, (error, rows) => (error ? reject(error) : resolve(rows as unknown as R[])))
      })
    } finally {
      await new Promise<void>((resolve) => connection.end(() => resolve()))
    }
  }
}
