import path from 'node:path'
import { type CronjobsDefinition, isCronjobs, type JobDefinition } from '../contract/define-cronjobs.js'
import { type Fault, M3Error } from '../errors.js'
import { importFile, LateImport, reasonOf } from './import-file.js'
import { findSourceFile } from './source-file.js'

/** The cron file of a module version, `<module>.cron.js`, `.mjs` or `.ts` beside its root file; not imported yet. */
export interface CronSource {
  /** What to import, absolute: `.js` or `.mjs`. Where there is a problem, the place that has it. */
  readonly file: string
  /** Its name as the author knows it, such as `notes.cron.ts`. */
  readonly shown: string
  /** Why it cannot be imported. */
  readonly problem?: string
}

/** What the cron file of a module version declares. */
export interface ModuleCronjobs {
  /** What a worker imports, absolute. */
  readonly file: string
  readonly jobs: readonly JobDefinition[]
  /** Of the jobs that are left out: `path` is the name of the job, or empty if it is the whole file that is at fault. */
  readonly faults: readonly Fault[]
}

/** Looks for it as for a root file; a package brings it compiled. */
export async function findCronFile(
  root: string,
  folder: string,
  module: string,
  { compiled = false } = {},
): Promise<CronSource | undefined> {
  const base = `${module}.cron`
  const source = await findSourceFile(root, folder, base)
  const faulty = (shown: string, problem: string) => ({ file: path.join(folder, shown), shown, problem })
  switch (source.kind) {
    case 'none':
      return undefined
    case 'ambiguous':
      return faulty(source.names[0] ?? base, `is there more than once, ${source.names.join(' and ')}: keep one`)
    case 'unreadable':
      return faulty(base, `cannot be read: ${source.reason}`)
    default: {
      const { name } = source
      if (compiled && name.endsWith('.ts')) return faulty(name, `is not compiled: a package brings ${base}.js or .mjs`)
      if (source.kind === 'uncompiled') return faulty(name, "is not compiled: run the project's build")
      return { file: source.file, shown: name }
    }
  }
}

/**
 * Imports it, within a time limit, and never throws: what is wrong with it is told of in the faults. One that takes
 * longer is handed to `late` when its import has ended all the same.
 */
export async function importCronFile(
  source: CronSource,
  seconds: number,
  late: (cronjobs: ModuleCronjobs) => void,
): Promise<ModuleCronjobs> {
  const { file, shown, problem } = source
  const failed = (reason: string) => ({ file, jobs: [], faults: [{ path: '', message: `${shown} ${reason}` }] })
  if (problem !== undefined) return failed(problem)
  const read = async (exported: ReturnType<typeof importFile>): Promise<ModuleCronjobs> => {
    try {
      const { jobs, faults } = cronjobsOf(await exported)
      return { file, jobs, faults }
    } catch (error) {
      if (error instanceof LateImport) void read(error.imported).then(late)
      return failed(reasonOf(error))
    }
  }
  return read(importFile(file, seconds))
}

/**
 * The jobs that a cron file exports, under whatever name; the same under two names count once.
 * Throws MODULE_INVALID if there are none, or several definitions. Pure.
 */
export function cronjobsOf(exported: Readonly<Record<string, unknown>>): CronjobsDefinition {
  const [definition, ...others] = new Set(Object.values(exported).filter(isCronjobs))
  if (!definition) throw new M3Error('MODULE_INVALID', 'exports no jobs: export one value made by defineCronjobs')
  if (others.length > 0) {
    const count = others.length + 1
    throw new M3Error('MODULE_INVALID', `exports ${count} values made by defineCronjobs: put the jobs into one`)
  }
  return definition
}
