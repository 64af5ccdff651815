import { once } from 'node:events'
import type { RunningWeir } from '../e2e/running_weir.ts'
import { waitFor } from '../peers/process.ts'

/** What a Weir has to be started with, so that its threads can be ended from outside. */
export const inspected = { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } }

interface Said {
  readonly id?: number
  readonly method?: string
  readonly params?: {
    readonly sessionId?: string
    readonly workerInfo?: { readonly url: string }
  }
}

/**
 * Ends threads of a Weir, one at a time, wherever they are, while the rest of the process goes on: the debugger has
 * them call `process.exit`.
 */
export class ThreadEnds {
  readonly #socket: WebSocket
  readonly #sessions = new Map<string, string>()
  #id = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const { method, params } = JSON.parse(String(data)) as Said
      const { sessionId, workerInfo } = params ?? {}
      if (method === 'NodeWorker.attachedToWorker') this.#sessions.set(sessionId!, workerInfo!.url)
      if (method === 'NodeWorker.detachedFromWorker') this.#sessions.delete(sessionId!)
    })
  }

  static async of(weir: RunningWeir): Promise<ThreadEnds> {
    const urls = [...weir.process.stderr().matchAll(/Debugger listening on (ws:\S+)/g)]
    const socket = new WebSocket(urls.at(-1)![1]!)
    await once(socket, 'open')
    const ends = new ThreadEnds(socket)
    ends.#say('NodeWorker.enable', { waitForDebuggerOnStart: false })
    return ends
  }

  /**
   * Ends the thread whose file ends so, once there is one; resolves when it is gone. It is told until then: one that
   * is only just starting knows no `process` yet.
   */
  async end(file: string): Promise<void> {
    let found: string | undefined
    await waitFor(`${file} to be there, and to end`, () => {
      found ??= [...this.#sessions].find(([, url]) => url.endsWith(file))?.[0]
      if (found === undefined) return false
      if (!this.#sessions.has(found)) return true
      this.#exit(found)
      return false
    })
  }

  close(): void {
    this.#socket.close()
  }

  #exit(sessionId: string): void {
    const message = { id: 1, method: 'Runtime.evaluate', params: { expression: 'process.exit(7)' } }
    this.#say('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify(message) })
  }

  #say(method: string, params: object): void {
    this.#socket.send(JSON.stringify({ id: ++this.#id, method, params }))
  }
}
