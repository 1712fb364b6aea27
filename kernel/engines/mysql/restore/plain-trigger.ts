/** White space and comments, but for those whose text the server runs: `/*!` and MariaDB’s `/*M!`. */
const GAP = '(?:[ \\t\\r\\n\\f\\v]|/\\*(?!M?!)(?:[^*]|\\*(?!/))*\\*/|--(?=[ \\t\\r\\n])[^\\n]*\\n|#[^\\n]*\\n)'
const NAME = '(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\\w$\\u0080-\\uffff]+)'
const HEAD = new RegExp(
  `^CREATE${GAP}+TRIGGER${GAP}+(?:IF${GAP}+NOT${GAP}+EXISTS${GAP}+)?${NAME}${GAP}*(?:BEFORE|AFTER)${GAP}+` +
    `(?:INSERT|UPDATE|DELETE)[\\w ,]*?${GAP}+ON${GAP}*${NAME}${GAP}*FOR${GAP}+EACH${GAP}`,
  'i',
)

/** Whether a statement makes a trigger of the database that is used, on a table of that database: it names no other. */
export function isPlainTrigger(sql: string): boolean {
  return HEAD.test(sql)
}
