import type { Command } from 'commander'
import type { Environment } from '../config/load-config.js'
import type { Terminal } from './terminal.js'

/** What every command is given. */
export interface Invocation {
  readonly terminal: Terminal
  readonly root: string
  readonly json: boolean
  readonly environment: Environment
}

/** Runs a command's work and keeps its exit status. */
export type Act = (command: Command, work: (invocation: Invocation) => Promise<number>) => Promise<void>
