import { Refusal } from '../../../core/http/refusal.ts'
import type { GraphiteEvent } from '../events.ts'
import { badRequest, type Parameters } from './parameters.ts'
import { openedEvents, type Services, timeOf } from './services.ts'
import { type Call, type Route, sendJson } from './surface.ts'

const tagMax = 200
const textMax = 100_000

/** `/events…` (graphite-web's events/views.py): what Grafana shows as annotations. */
export const eventRoutes = (services: Services): readonly Route[] => [
  {
    methods: ['POST'],
    path: '/events',
    scope: 'ingest',
    handle: async (call) => {
      const { clock } = services
      const given = eventFrom(call, Math.floor(clock.now() / 1000))
      const { id } = await openedEvents(services).add(given, clock.now())
      return call.reply.header('location', `events/${id}/`).send()
    },
  },
  {
    methods: ['GET'],
    path: '/events',
    scope: 'read',
    handle: async (call) => sendJson(call, await found(services, call.parameters)),
  },
  {
    methods: ['GET'],
    path: '/events/get_data',
    scope: 'read',
    handle: async (call) => sendJson(call, await found(services, call.parameters)),
  },
  {
    methods: ['GET'],
    path: '/events/:id',
    scope: 'read',
    handle: async (call) => {
      const { id } = call.request.params as { id: string }
      const event = /^\d{1,15}$/.test(id) ? await openedEvents(services).get(Number(id)) : undefined
      if (event) return sendJson(call, event)
      throw new Refusal(404, 'not_found', 'there is no event of this id')
    },
  },
]

async function found(services: Services, parameters: Parameters): Promise<GraphiteEvent[]> {
  const range = {
    fromS: timeOf(services, parameters, 'from'),
    untilS: timeOf(services, parameters, 'until'),
  }
  const tags = tagsFrom(parameters.text('tags') ?? '')
  const set = parameters.text('set') ?? 'intersection'
  if (set !== 'intersection' && set !== 'union') throw badRequest('set is intersection or union')
  return await openedEvents(services).find(range, tags, set === 'union')
}

const tagsFrom = (text: string) => text.split(/[\s,]+/).filter((tag) => tag !== '')

function eventFrom({ parameters, request }: Call, nowS: number): Omit<GraphiteEvent, 'id'> {
  const what = parameters.text('what')
  if (what === undefined) throw badRequest('an event needs "what"')
  const data = parameters.text('data') ?? ''
  const when = Number(parameters.text('when') ?? nowS)
  if (!Number.isFinite(when)) throw badRequest('"when" has to be seconds since the epoch')
  const isJson = (request.headers['content-type'] ?? '').includes('json')
  const given = parameters.all('tags')
  const tags = given.length > 1 && isJson ? [...given] : tagsFrom(given.join(' '))
  if (tags.length > tagMax) throw badRequest(`an event has at most ${tagMax} tags`)
  if (what.length + data.length > textMax) {
    throw badRequest(`"what" and "data" have at most ${textMax} characters`)
  }
  return { what, when, data, tags }
}
