import type { Context } from '../../core/context.ts'
import { messageOf } from '../../core/errors.ts'
import type { Reason } from '../../core/reasons.ts'
import type { JsonRecord } from '../../store/search.ts'
import type { Arrival } from '../event/normalise.ts'
import type { SentryEvent } from '../event/sentry_event.ts'
import type { EventSummary } from '../event_summary.ts'
import type { Project } from '../projects/project.ts'
import type { Desk } from './desk.ts'
import { endpoints } from './endpoints.ts'
import { newEventId } from './event_id.ts'
import type { Gatherer } from './gatherer.ts'
import type { Endpoint, Incoming } from './incoming.ts'
import type { ReadJson } from './json_text.ts'
import { Inflater } from './inflate.ts'
import type { IngestLimits } from './ingest_limits.ts'
import { type IncomingFile, Parcel } from './parcel.ts'
import type { ProjectTable } from './project_table.ts'
import type { Quotas } from './quotas.ts'
import { type Answer, IngestRefusal, refused } from './refusal.ts'
import { senderOf } from './sender.ts'
import { Turns } from './turns.ts'

/** Requests that begin in one turn of the loop: with 64 senders 4 to 16 took a fifth more events a second than all. */
const atATurn = 8

/** What makes an SDK's event fit to be kept: normalised, and without what is secret. */
export interface Preparing {
  /** An event's JSON, for `normalise`. @throws SyntaxError */
  readonly readEvent: (payload: Uint8Array, project: Project) => ReadJson
  readonly normalise: (raw: JsonRecord, arrival: Omit<Arrival, 'bounds'>) => SentryEvent
  readonly scrub: (event: SentryEvent, project: Project) => void
  /** What the digest counts of an event; undefined where it has to look for itself. */
  readonly summarise: (event: SentryEvent, project: Project) => EventSummary | undefined
  /** A file without what is secret in it; undefined for one that is not to be kept. */
  readonly scrubFile: (file: IncomingFile, project: Project) => Promise<IncomingFile | undefined>
  /** A text that is no part of an event, by its name. */
  readonly redact: (name: string, text: string, project: Project) => string
}

export interface AcceptorWorld extends Preparing {
  readonly context: Context
  readonly limits: () => IngestLimits
  readonly projects: ProjectTable
  readonly quotas: Quotas
  readonly gatherer: Pick<Gatherer, 'add'>
  readonly keep: (bytes: Uint8Array) => Promise<string>
  readonly randomBytes: (count: number) => Uint8Array
  /** Whether the journal takes nothing at the moment. */
  readonly isStuck: () => boolean
}

/** Takes the requests of SDKs: from the bytes of a body to lines in the journal, and the answer. */
export class Acceptor {
  readonly #world: AcceptorWorld
  readonly #inflater = new Inflater()
  readonly #turns = new Turns(atATurn)
  /** Bytes of bodies under way, as sent and inflated. */
  #underWay = 0

  constructor(world: AcceptorWorld) {
    this.#world = world
  }

  /** Resolves to the answer once everything that it acknowledges is durable. Never rejects. */
  async accept(incoming: Incoming): Promise<Answer> {
    const { context } = this.#world
    const { body, endpoint } = incoming
    context.metrics.bytes_received.inc({ component: context.id }, body.length)
    let held = 0
    const hold = (bytes: number) => {
      const { max_memory: max } = this.#world.limits()
      if (this.#underWay > 0 && this.#underWay + bytes > max) throw busy('too much is under way')
      this.#underWay += bytes
      held += bytes
    }
    let answer: Answer
    try {
      answer = await this.#taken(incoming, hold)
    } catch (failure) {
      answer = this.#refuse(failure, endpoint)
    } finally {
      this.#underWay -= held
    }
    context.metrics.error_requests.inc({ endpoint, status: String(answer.status) })
    return answer
  }

  /** Resolves once all requests that came have begun. */
  begun(): Promise<void> {
    return this.#turns.next()
  }

  async #taken(incoming: Incoming, hold: (bytes: number) => void): Promise<Answer> {
    const { body, endpoint, headers } = incoming
    if (this.#world.isStuck()) throw busy('the journal takes nothing at the moment')
    hold(body.length)
    await this.#turns.next()
    const { max_envelope_size: maxBytes } = this.#world.limits()
    const bytes = await this.#inflater.inflate(body, headers.contentEncoding, maxBytes)
    if (bytes !== body) hold(bytes.length)
    // Not awaited here, where the inflated body would be kept until all of it is durable.
    return endpoints[endpoint](incoming, bytes, this.#desk(incoming))
  }

  #desk(incoming: Incoming): Desk {
    const world = this.#world
    const limits = world.limits()
    const { count } = world.context
    const query = new URLSearchParams(incoming.query)
    return {
      limits,
      query,
      newEventId: () => newEventId(world.randomBytes),
      sender: (dsn) => senderOf(incoming, world.projects, dsn),
      parcel: (sender) =>
        new Parcel({
          sender,
          receivedMs: incoming.receivedMs,
          take: (category, amount) => {
            const { project, key } = sender
            return world.quotas.take(project, key, category, amount, incoming.receivedMs)
          },
          count,
          keep: world.keep,
          scrubFile: async (file) => {
            const name = world.redact('message', file.name, sender.project)
            return await world.scrubFile({ ...file, name }, sender.project)
          },
        }),
      items: (parcel, envelope = {}) => {
        const { project, client } = parcel.sender
        const arrival: Omit<Arrival, 'bounds'> = {
          receivedMs: incoming.receivedMs,
          newEventId: () => newEventId(world.randomBytes),
          ...(client !== '' && { client }),
          ...(incoming.clientIp !== '' && { clientIp: incoming.clientIp }),
          ...(incoming.headers.userAgent !== '' && { userAgent: incoming.headers.userAgent }),
          ...envelope,
        }
        return {
          limits,
          query,
          readEvent: (payload) => world.readEvent(payload, project),
          takeEvent: (raw) => {
            const event = world.normalise(raw, arrival)
            world.scrub(event, project)
            parcel.event(event, this.#summary(event, project))
          },
          redact: (name, text) => world.redact(name, text, project),
          onRepaired: () => count('lone_surrogate'),
        }
      },
      deliver: (parcel, eventId) => this.#deliver(parcel, eventId),
    }
  }

  /** An event that cannot be summed up is the digest's to complain of. */
  #summary(event: SentryEvent, project: Project): EventSummary | undefined {
    try {
      return this.#world.summarise(event, project)
    } catch {
      return undefined
    }
  }

  async #deliver(parcel: Parcel, eventId: string | undefined): Promise<void> {
    const { gatherer, context } = this.#world
    const files = parcel.files.length > 0 ? await parcel.keepFiles() : []
    try {
      await gatherer.add(parcel.lines(eventId, files))
    } catch (failure) {
      throw busy(`the reports could not be made durable: ${messageOf(failure)}`)
    }
    const { metrics } = context
    for (const kind of parcel.kinds) metrics.error_reports.inc({ kind })
    metrics.events_received.inc({ component: context.id }, parcel.kinds.length)
  }

  #refuse(failure: unknown, endpoint: Endpoint): Answer {
    const { context } = this.#world
    if (failure instanceof IngestRefusal) {
      context.count(failure.reason)
      return refused(failure)
    }
    context.log.error({ err: failure, endpoint }, 'a report could not be taken')
    context.count('report_busy')
    return refused(busy('the report could not be taken: see the log of Weir'))
  }
}

const busy = (detail: string) => {
  const reason: Reason = 'report_busy'
  return new IngestRefusal(503, reason, detail, { headers: { 'retry-after': '5' } })
}
