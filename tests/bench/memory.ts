/** What this process holds once its garbage is collected: run it with --expose-gc. */
export function residentMegabytes(): number {
  if (!globalThis.gc) throw new Error('run with --expose-gc')
  for (let i = 0; i < 4; i++) globalThis.gc()
  return process.memoryUsage.rss() / 1024 ** 2
}
