import autocannon from 'autocannon'

/** Requests a second of a server under 50 connections for `seconds`, cycling through the URLs. Throws if any answer is no 200. */
export async function requestsPerSecond(urls: readonly string[], seconds: number): Promise<number> {
  const [first = ''] = urls
  const { origin } = new URL(first)
  const result = await autocannon({
    url: origin,
    connections: 50,
    duration: seconds,
    requests: urls.map((url) => ({ method: 'GET', path: url.slice(origin.length) })),
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} answers were no 200 and ${result.errors} requests failed at ${first}`)
  }
  return result.requests.average
}
