#!/usr/bin/env node
import { Console } from 'node:console'
import { runCommandLine } from './cli/command-line.js'

// Whoever read has left, as `| head` does: what a command has begun in a database is brought to its end all the same.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

// Standard output is the result of the command, and a program may read it: what modules print goes where the log goes.
globalThis.console = new Console(process.stderr, process.stderr)

let isToBeKilled = false
const status = await runCommandLine(process.argv.slice(2), {
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
  killAtEnd: () => {
    isToBeKilled = true
  },
  exit: (status) => process.exit(status),
})
// What modules left running, timers above all, would keep the process for ever. What was written goes out first.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write('', () => resolve()))
if (isToBeKilled) process.kill(process.pid, 'SIGKILL')
process.exit(status)
