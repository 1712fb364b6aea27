import mysql from 'mysql2'
import type { MysqlConnection } from '../connection.js'
import { quote } from '../identifiers.js'

/**
 * Throws what the server has against reading the view of the database that the connection uses. Nothing of the view is run:
 * it may call a function that writes, by the rights of whoever reads it.
 */
export async function lookAtView(connection: MysqlConnection, name: string): Promise<void> {
  await connection.execute(`PREPARE m3saas_look FROM ${mysql.escape(`SELECT * FROM ${quote(name)}`)}`)
  await connection.execute('DEALLOCATE PREPARE m3saas_look')
}
