#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.js'

process.exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (signals, handler) => {
    for (const signal of signals) process.on(signal, handler)
    return () => {
      for (const signal of signals) process.off(signal, handler)
    }
  },
  onUncaught: (handler) => {
    process.on('uncaughtException', handler)
    process.on('unhandledRejection', handler)
  },
  exit: (status) => process.exit(status),
})
