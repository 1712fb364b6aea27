/** What the first record of an archive is called, and the version of what follows. */
export const KIND = 'm3saas-backup'
export const VERSION = 1

/** Whose database an archive is of. */
export interface ArchiveOrigin {
  readonly target: 'catalog' | 'tenant'
  /** Of a tenant, in its catalog. */
  readonly tenant?: number
  readonly database: string
}
