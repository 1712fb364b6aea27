import type { Planned } from '../../kernel/catalog/planned.js'

export type Row = Readonly<Record<string, unknown>>
export type CatalogRows = Partial<Readonly<Record<keyof Planned, readonly Row[]>>>

/** The files of an app root that seed its catalog with the given rows, all of them main seeds. */
export function seedFiles(rows: CatalogRows): Record<string, string> {
  return Object.fromEntries(
    Object.entries(rows).map(([table, main]) => {
      const name = table === 'modules_dependencies' ? 'modulesDependencies' : table
      const source = `import { defineSeed, ${name} } from 'm3saas'\nexport default defineSeed(${name}, ${JSON.stringify({ main })})\n`
      return [`seeds/${table}.seed.mjs`, source]
    }),
  )
}
