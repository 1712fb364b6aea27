import http from 'node:http'
import { setTimeout } from 'node:timers/promises'

export interface SteadyLoad {
  readonly perSecond: number
  readonly seconds: number
}

/**
 * Milliseconds within which 99 of 100 requests were answered, sent at a steady rate that a server need not hurry for, over
 * connections that are kept. None waits for the one before it. Throws if any answer is no 200.
 */
export async function p99AtSteadyRate(url: string, { perSecond, seconds }: SteadyLoad): Promise<number> {
  const agent = new http.Agent({ keepAlive: true })
  const sent: Promise<number>[] = []
  const began = performance.now()
  try {
    while (sent.length < perSecond * seconds) {
      const early = began + (sent.length * 1000) / perSecond - performance.now()
      if (early > 0) await setTimeout(early)
      const time = timeOfRequest(url, agent)
      // Whoever awaits all of them hears of a failure.
      time.catch(() => {})
      sent.push(time)
    }
    const times = (await Promise.all(sent)).sort((a, b) => a - b)
    return times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN
  } finally {
    agent.destroy()
  }
}

function timeOfRequest(url: string, agent: http.Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const request = http.get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
      response.resume().once('end', () => resolve(performance.now() - began))
    })
    request.once('error', reject)
  })
}
