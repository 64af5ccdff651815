import { once } from 'node:events'
import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { ConfigError, messageOf } from '../errors.ts'
import { listenFailure } from '../listen/failure.ts'
import { http, https } from '../packages.ts'
import type { Reason } from '../reasons.ts'
import { startsTls, tlsRefusal } from '../tls_refusal.ts'
import { formatListen, type ListenAddress } from './address.ts'
import type { HttpConfig } from './config.ts'
import { errorBody } from './refusal.ts'

/** One open listening socket. */
export interface Listener {
  readonly address: ListenAddress
  /** As a client would write it: `http://127.0.0.1:4400`, `unix:/run/weir.sock`. */
  readonly url: string
  readonly server: Server | TlsServer
  /** Applies limits and certificates of a new config. Open connections stay. */
  configure(config: HttpConfig): void
  /** Takes no more connections; resolves once those open are done, cut off when `deadline` fires. */
  close(deadline: AbortSignal): Promise<void>
}

/**
 * Opens one address.
 *
 * @param count hears of connections that were closed without a request.
 * @throws WeirError WEIR_LISTEN_FAILED saying who holds the address; ConfigError for certificates.
 */
export async function openListener(
  address: ListenAddress,
  config: HttpConfig,
  handle: RequestListener,
  count: (reason: Reason) => void,
): Promise<Listener> {
  const secure = config.tls !== undefined && address.kind !== 'unix'
  const options = {
    // Node looks for expired connections only this often.
    connectionsCheckingInterval: Math.max(100, Math.min(5_000, config.header_timeout / 2)),
    noDelay: true,
  }
  const server = secure
    ? https().createServer({ ...options, ...readCertificates(config) }, handle)
    : http().createServer(options, handle)
  const newest = newestResponses(server)
  answerGarbage(server, newest, count)
  server.on('drop', () => count('connection_refused'))
  server.on('checkContinue', (request, response) => {
    // The route sends `100 Continue` once it wants the body; see server.ts.
    server.emit('request', request, response)
  })
  server.on('checkExpectation', (_request, response) => {
    const body = errorBody('expectation_failed', 'only "Expect: 100-continue" can be met')
    response.writeHead(417, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const configure = (now: HttpConfig) => {
    server.headersTimeout = Math.min(now.header_timeout, now.request_timeout)
    server.requestTimeout = now.request_timeout
    server.keepAliveTimeout = now.idle_timeout
    server.maxConnections = now.max_connections
    if (secure && 'setSecureContext' in server) server.setSecureContext(readCertificates(now))
  }
  configure(config)
  await listen(server, address)
  return {
    address,
    url: urlOf(server, secure, address),
    server,
    configure,
    close: (deadline) => close(server, newest, deadline),
  }
}

async function listen(server: Server | TlsServer, address: ListenAddress): Promise<void> {
  try {
    if (address.kind === 'unix') {
      await removeStale(address.path)
      server.listen(address.path)
    } else if (address.kind === 'fd') server.listen({ fd: address.fd })
    else server.listen(address.port, address.host)
    await once(server, 'listening')
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException
    if (address.kind === 'tcp' && address.host === '::' && code === 'EAFNOSUPPORT') {
      return listen(server, { ...address, host: '0.0.0.0' })
    }
    const key = '--listen or http.listen'
    if (address.kind === 'tcp') throw listenFailure(failure, { ...address, protocol: 'tcp' }, key)
    if (address.kind === 'unix') throw listenFailure(failure, { ...address, protocol: 'unix' }, key)
    throw new ConfigError(
      'WEIR_LISTEN_FAILED',
      `descriptor ${address.fd} is no socket that listens (${messageOf(failure)}): systemd passes them from 3 on, Circus as $(circus.sockets.NAME)`,
      { cause: failure },
    )
  }
  // Group too, so that a web server in front can be given access by its group.
  if (address.kind === 'unix') chmodSync(address.path, 0o660)
}

/** Removes a socket file that a crash left behind: nobody answers on it. */
async function removeStale(path: string): Promise<void> {
  if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return
  const probe = connect(path)
  const [outcome] = await Promise.race([
    once(probe, 'connect').then(() => ['alive']),
    once(probe, 'error').then(() => ['never']),
    // `once` on "connect" rejects when "error" comes first; either way nobody answers.
  ]).catch((failure: NodeJS.ErrnoException) => [failure.code])
  probe.destroy()
  if (outcome !== 'alive') rmSync(path, { force: true })
}

/** With `rawPacket`, what the parser was given when it failed. */
type ClientError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer }

/** The newest response of each connection that has had a request. */
function newestResponses(server: Server | TlsServer): ReadonlyMap<Socket, ServerResponse> {
  const newest = new Map<Socket, ServerResponse>()
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (!newest.has(socket)) socket.once('close', () => newest.delete(socket))
    newest.set(socket, response)
  })
  return newest
}

/** Whether a request has its answer and is still being sent: a refused upload, most often. */
const isAnsweredEarly = (response: ServerResponse): boolean =>
  response.writableEnded && !response.req.complete

/**
 * Port scanners, TLS on a plain port, half a request: one short answer where it can be read. Requests before have
 * their own answers first: who is told 400 sends again what was taken.
 */
function answerGarbage(
  server: Server | TlsServer,
  newest: ReadonlyMap<Socket, ServerResponse>,
  count: (reason: Reason) => void,
): void {
  /** What still comes on these says nothing new. */
  const ending = new WeakSet<Socket>()
  server.on('clientError', (failure: ClientError, socket: Socket) => {
    if (ending.has(socket)) return
    ending.add(socket)
    const response = newest.get(socket)
    const isTls = failure.rawPacket !== undefined && startsTls(failure.rawPacket)
    // Whoever has its refusal need not send the rest of its body: no fault of the connection.
    if (!response || !isAnsweredEarly(response)) countGarbage(failure, isTls, count)
    // Whoever does not read the answer holds nothing open either.
    const endWith = (answer: string | Buffer) => socket.end(answer, () => socket.destroy())
    if (isTls) endWith(tlsRefusal)
    else if (!socket.writable || response?.closed) socket.destroy()
    else if (!response) endWith(refusalOf(failure))
    else if (response.req.complete) response.once('close', () => endWith(''))
    else {
      inTurn(response, () => {
        if (!response.headersSent) endWith(refusalOf(failure))
        else if (response.writableEnded) response.once('close', () => endWith(''))
        else socket.destroy()
      })
    }
  })
  server.on('tlsClientError', (_failure: Error, socket: Socket) => {
    count('tls_failed')
    socket.destroy()
  })
}

/** Calls `act` once the answers to the requests before are out. */
function inTurn(response: ServerResponse, act: () => void): void {
  if (response.socket) act()
  else response.once('socket', act)
}

function countGarbage(
  { code }: ClientError,
  isTls: boolean,
  count: (reason: Reason) => void,
): void {
  if (isTls) count('tls_failed')
  else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') count('idle_timeout')
  // What follows a last request is no frame at all: the rest of a body that was refused, most often.
  else if (code?.startsWith('HPE_') && code !== 'HPE_CLOSED_CONNECTION') count('bad_frame')
}

const refusals: Record<string, readonly [number, string, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'the headers are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not arrive in time'],
}
const noRequest = [400, 'Bad Request', 'this is no HTTP request'] as const

/** A whole answer, as it goes out. */
function refusalOf({ code }: ClientError): string {
  const [status, phrase, text] = refusals[code ?? ''] ?? noRequest
  const body = JSON.stringify(errorBody(phrase.toLowerCase().replaceAll(' ', '_'), text))
  return `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`
}

async function close(
  server: Server | TlsServer,
  newest: ReadonlyMap<Socket, ServerResponse>,
  deadline: AbortSignal,
): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  // A body that is only read away is not waited for, once its answer is out, and those before it are.
  for (const [socket, response] of newest) {
    const leave = () => {
      if (!response.req.complete) socket.destroySoon()
    }
    if (response.writableFinished) leave()
    else response.once('finish', leave)
  }
  const cut = () => server.closeAllConnections()
  if (deadline.aborted) cut()
  deadline.addEventListener('abort', cut, { once: true })
  await closed
  deadline.removeEventListener('abort', cut)
}

/** @throws ConfigError when TLS is wanted and its files cannot be used. */
export function checkCertificates(config: HttpConfig): void {
  if (!config.tls) return
  try {
    createSecureContext(readCertificates(config))
  } catch (failure) {
    if (failure instanceof ConfigError) throw failure
    const text = `http.tls.cert and http.tls.key cannot be used: ${messageOf(failure)}`
    throw new ConfigError('WEIR_CONFIG_INVALID', text, { cause: failure })
  }
}

function readCertificates(config: HttpConfig): { cert: Buffer; key: Buffer } {
  const read = (path: string, key: string) => {
    try {
      return readFileSync(path)
    } catch (failure) {
      const text = `${key} cannot be read: ${messageOf(failure)}`
      throw new ConfigError('WEIR_CONFIG_INVALID', text, { cause: failure })
    }
  }
  const { cert = '', key = '' } = config.tls ?? {}
  return { cert: read(cert, 'http.tls.cert'), key: read(key, 'http.tls.key') }
}

function urlOf(server: Server | TlsServer, secure: boolean, address: ListenAddress): string {
  const bound = server.address() as AddressInfo | string | null
  if (bound === null || typeof bound === 'string') return `unix:${bound ?? formatListen(address)}`
  return `${secure ? 'https' : 'http'}://${formatListen({ kind: 'tcp', host: bound.address, port: bound.port })}`
}
