import { randomBytes } from 'node:crypto'
import type { RunningWeir } from '../e2e/running_weir.ts'
import { waitFor } from '../peers/process.ts'

export const key = 'a'.repeat(32)
export const errorsConfig = { projects: { shop: { id: 42, keys: [key] } } }
export const shopConfig = { http: { listen: '127.0.0.1:0' }, errors: errorsConfig }

/** What tests look at of `errors.digest` in the status. */
export interface DigestStatus {
  readonly running: boolean
  readonly restarts: number
  readonly waiting_reports: number
  readonly outbox: number
  readonly failing: boolean
  readonly trouble?: string
}

export async function digestStatus(weir: RunningWeir): Promise<DigestStatus> {
  const { errors } = (await weir.status()) as unknown as { errors: { digest: DigestStatus } }
  return errors.digest
}

export const digestedAll = (weir: RunningWeir, patienceMs?: number): Promise<void> =>
  waitFor(
    'everything to be digested',
    async () => {
      const { running, failing, waiting_reports: waiting, outbox } = await digestStatus(weir)
      return running && !failing && waiting === 0 && outbox === 0
    },
    patienceMs,
  )

/** Sends events of twenty issues, each with an id of its own. */
export class Reporter {
  /** Random bytes that each brings along; then each is an issue of its own. */
  bulk = 0
  readonly acknowledged = new Set<string>()
  readonly refused: number[] = []
  #sent = 0

  /** @returns whether it was taken; throws when nobody answers. */
  async send({ url }: RunningWeir): Promise<boolean> {
    const event_id = randomBytes(16).toString('hex')
    const number = this.#sent++
    const type = this.bulk > 0 ? `Own${number}` : `E${number % 20}`
    const extra = this.bulk > 0 ? { bulk: randomBytes(this.bulk).toString('base64') } : {}
    const body = JSON.stringify({ event_id, exception: { values: [{ type }] }, extra })
    const answer = await fetch(`${url}/api/42/store/?sentry_key=${key}`, { method: 'POST', body })
    await answer.arrayBuffer()
    if (answer.status === 200) this.acknowledged.add(event_id)
    else this.refused.push(answer.status)
    return answer.status === 200
  }

  /** Goes on until so many are acknowledged, several at a time. */
  async upTo(events: number, weir: RunningWeir): Promise<void> {
    const sender = async () => {
      while (this.acknowledged.size < events) await this.send(weir)
    }
    await Promise.all(Array.from({ length: 6 }, sender))
  }
}

/** Exact numbers of the project's issues. */
export async function counts({ url }: RunningWeir): Promise<number[]> {
  const answer = await fetch(`${url}/api/0/projects/weir/shop/issues/?query=&limit=1000`)
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return ((await answer.json()) as { count: string }[]).map(({ count }) => Number(count))
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
