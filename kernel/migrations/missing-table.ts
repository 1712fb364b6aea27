/** Whether a query failed for want of this table. MySQL has the number 1146 for it, SQLite none. */
export function isMissingTable(error: unknown, table: string): boolean {
  const { errno, message } = error as { errno?: unknown; message?: unknown }
  return errno === 1146 || (typeof message === 'string' && message.includes(`no such table: ${table}`))
}
