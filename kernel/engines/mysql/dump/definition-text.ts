/** `CREATE … DEFINER=`user`@`host` …`: the part before the first keyword that no definer can hold. */
const DEFINER =
  /^(\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:ALGORITHM\s*=\s*\w+\s+)?)DEFINER\s*=\s*(?:`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|[^\s@]+)(?:@(?:`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|\S+))?\s+/i

export function withoutDefiner(sql: string): string {
  return sql.replace(DEFINER, '$1')
}

const NAME = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+)'
const TRIGGER = new RegExp(
  `^(\\s*CREATE\\s+TRIGGER\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?)(?:${NAME}\\s*\\.\\s*)?(${NAME}\\s+(?:BEFORE|AFTER)\\s+[\\w\\s]+?\\s+ON\\s+)(?:${NAME}\\s*\\.\\s*)?(${NAME})`,
  'i',
)

/**
 * A trigger’s text without the name of its database before its own name and its table’s. The server keeps that text as it was
 * written, unlike that of a view; and a trigger is always of the database of its table.
 */
export function unqualifiedTrigger(sql: string): string {
  return sql.replace(TRIGGER, '$1$2$3')
}
