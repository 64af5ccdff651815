/**
 * A process that takes `_bulk` as fast as it can: counts the lines and answers that every event was created.
 * Two lines make an event. Prints its URL. `GET /_sink/wait?events=N` answers once it has N, or when nothing
 * came for `quiet` milliseconds.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const counts = { events: 0, bytes: 0, requests: 0, firstMs: 0, lastMs: 0 }
const waiting = new Set<() => void>()

const item = '{"create":{"status":201}},'
const head = Buffer.from('{"errors":false,"items":[')
const tail = Buffer.from(']}')
let items = Buffer.from(item.repeat(20_000))

const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
  const url = new URL(request.url ?? '/', 'http://sink')
  if (url.pathname.endsWith('/_bulk')) takeBulk(request, response)
  else if (url.pathname === '/_sink/wait') answerLater(url, response)
  else {
    request.resume()
    request.on('end', () => answerOther(url.pathname, response))
  }
})

function takeBulk(request: IncomingMessage, response: ServerResponse): void {
  let lines = 0
  request.on('data', (chunk: Buffer) => {
    counts.bytes += chunk.length
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1
  })
  request.on('end', () => {
    const events = lines / 2
    while (items.length < events * item.length) items = Buffer.concat([items, items])
    const body = items.subarray(0, Math.max(0, events * item.length - 1))
    response.writeHead(200, {
      'content-type': 'application/json',
      'x-elastic-product': 'Elasticsearch',
      'content-length': head.length + body.length + tail.length,
    })
    response.write(head)
    response.write(body)
    response.end(tail)
    const now = performance.timeOrigin + performance.now()
    counts.firstMs ||= now
    counts.lastMs = now
    counts.requests += 1
    counts.events += events
    for (const look of waiting) look()
  })
}

function answerLater(url: URL, response: ServerResponse): void {
  const wanted = Number(url.searchParams.get('events'))
  const quietMs = Number(url.searchParams.get('quiet') ?? 60_000)
  const began = Date.now()
  const look = () => {
    if (counts.events < wanted && Date.now() - Math.max(began, counts.lastMs) < quietMs) return
    waiting.delete(look)
    clearInterval(timer)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(counts))
  }
  const timer = setInterval(look, 250)
  waiting.add(look)
  look()
}

function answerOther(path: string, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json')
  response.setHeader('x-elastic-product', 'Elasticsearch')
  if (path === '/') {
    const version = { number: '8.19.0', build_flavor: 'default', lucene_version: '9.12.2' }
    response.end(
      JSON.stringify({
        name: 'sink',
        cluster_name: 'sink',
        version,
        tagline: 'You Know, for Search',
      }),
    )
    return
  }
  response.end('{"acknowledged":true}')
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`)
})
