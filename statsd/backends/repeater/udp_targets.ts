import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import type { Context } from '../../../core/context.ts'
import type { JsonObject } from '../../../core/json.ts'
import type { RepeaterTarget } from './target.ts'

interface Target {
  readonly host: string
  readonly port: number
  address: string | undefined
  problem: string | undefined
}

/** How long a name's address holds: one look-up a packet would take longer than the packet. */
const resolveEveryMs = 30_000
/** Sends under way at once; more wait in the kernel's buffer or nowhere. */
const sendsMax = 10_000

/** Targets over UDP, which share a socket. */
export class UdpTargets implements RepeaterTarget {
  readonly #socket: Socket
  readonly #family: 4 | 6
  readonly #context: Context
  readonly #targets: readonly Target[]
  readonly #stopping = new AbortController()
  #underWay = 0

  constructor(
    protocol: 'udp4' | 'udp6',
    hosts: readonly { readonly host: string; readonly port: number }[],
    context: Context,
  ) {
    this.#socket = createSocket({ type: protocol, lookup: addressOnly })
    this.#socket.on('error', (failure) =>
      context.log.warn({ err: failure }, 'cannot repeat packets'),
    )
    this.#socket.unref()
    this.#family = protocol === 'udp4' ? 4 : 6
    this.#context = context
    this.#targets = hosts.map((host) => ({ ...host, address: undefined, problem: undefined }))
    void this.#resolve()
  }

  send(packet: Uint8Array): boolean {
    if (this.#underWay >= sendsMax) return false
    // The bytes are the notice's own, which nobody writes to any more.
    let taken = true
    for (const target of this.#targets) {
      const { port, address } = target
      if (address === undefined) {
        taken = false
        continue
      }
      this.#underWay += 1
      this.#socket.send(packet, port, address, (failure) => {
        this.#underWay -= 1
        target.problem = failure?.message
      })
    }
    return taken
  }

  stop(): void {
    this.#stopping.abort()
    this.#socket.close()
  }

  status(): JsonObject {
    return {
      hosts: this.#targets.map(({ host, port, problem }) => {
        return { target: `${host}:${port}`, ...(problem !== undefined && { problem }) }
      }),
    }
  }

  async #resolve(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await Promise.all(this.#targets.map((target) => this.#lookUp(target)))
      await this.#context.clock.sleep(resolveEveryMs, signal)
    }
  }

  #lookUp(target: Target): Promise<void> {
    return new Promise((resolve) => {
      lookup(target.host, { family: this.#family }, (failure, address) => {
        target.problem = failure?.message
        // A name server that is down for a moment changes nothing.
        if (!failure) target.address = address
        resolve()
      })
    })
  }
}

/** What is sent to is an address already. */
const addressOnly: NonNullable<Parameters<typeof createSocket>[0] & object>['lookup'] = (
  address,
  _options,
  callback,
) => callback(null, address, address.includes(':') ? 6 : 4)
