import type { TableChange } from '../../engines/ddl.js'
import type { LiveColumn, LiveForeignKey, LiveIndex } from '../../engines/live-schema.js'

/** What happens to a table's columns, keys and indexes, a phrase each. */
export function describeColumnsAndIndexes(change: TableChange): string[] {
  return [
    ...change.addedColumns.map((name) => `adds the column ${name}`),
    ...change.modifiedColumns.map(describeColumn),
    ...change.droppedColumns.map((name) => `drops the column ${name}`),
    ...(change.primaryKey ? [`makes ${change.wanted.primaryKey.join(', ')} the primary key`] : []),
    ...change.droppedIndexes.map((index) => `drops the ${indexText(index)}`),
    ...change.addedIndexes.map((index) => `adds the ${indexText(index)}`),
    ...(change.options ? [`changes the table's options from ${change.live.options} to ${change.wanted.options}`] : []),
  ]
}

export function describeUnlinked(change: TableChange): string[] {
  return [
    ...change.droppedForeignKeys.map((key) => `drops the foreign key ${foreignKeyText(key)}`),
    ...change.relinkedForeignKeys.map((key) => `lets go of the foreign key ${foreignKeyText(key)} meanwhile`),
  ]
}

export function describeLinked(change: TableChange): string[] {
  return [
    ...change.relinkedForeignKeys.map((key) => `takes up the foreign key ${foreignKeyText(key)} again`),
    ...change.addedForeignKeys.map((key) => `adds the foreign key ${foreignKeyText(key)}`),
  ]
}

export function foreignKeyText({ columns, table, targets }: Omit<LiveForeignKey, 'name'>): string {
  return `${columns.join(', ')} → ${table}.${targets.join(', ')}`
}

export function indexText({ unique, columns, special }: Omit<LiveIndex, 'name'>): string {
  return `${unique ? 'unique ' : ''}index on ${columns.join(', ')}${special ? ` (${special})` : ''}`
}

function describeColumn({ from, to }: { readonly from: LiveColumn; readonly to: LiveColumn }): string {
  const parts = [
    ...(from.type === to.type ? [] : [`from ${from.type} to ${to.type}`]),
    ...(from.nullable === to.nullable ? [] : [to.nullable ? 'to allow NULL' : 'to refuse NULL']),
  ]
  return parts.length > 0
    ? `changes the column ${to.name} ${parts.join(' and ')}`
    : `changes the attributes of the column ${to.name}`
}
