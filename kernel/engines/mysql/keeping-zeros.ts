/** The statements with a 0 in an auto-increment column kept: a server numbers such a row anew otherwise. */
export function keepingZeros(statements: readonly string[]): string[] {
  return [
    "SET @m3saas_sql_mode = @@sql_mode, sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')",
    ...statements,
    'SET sql_mode = @m3saas_sql_mode',
  ]
}
