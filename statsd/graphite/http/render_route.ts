import { describedFunctions, functionsJson } from '../render/functions/described.ts'
import { answerOf } from '../render/formats/answer.ts'
import { render } from '../render/render.ts'
import { renderRequest } from '../render/request.ts'
import { timeZoneOf, utc } from '../render/time_zone.ts'
import { defaultRenderLimits } from '../render/limits.ts'
import { storeFetch } from '../names/fetch.ts'
import { Finder } from '../names/finder.ts'
import { openedStore, type Services } from './services.ts'
import { type Call, type Route, sendJsonText } from './surface.ts'
import { Refusal } from '../../../core/http/refusal.ts'

/** `/render`, and what it can do: `/functions`. */
export const renderRoutes = (services: Services): readonly Route[] => [
  {
    methods: ['GET', 'POST'],
    path: '/render',
    scope: 'read',
    handle: (call) => answerRender(services, call),
  },
  {
    methods: ['GET'],
    path: '/functions',
    scope: 'read',
    handle: async (call) => {
      const { parameters } = call
      const functions = describedFunctions(parameters.text('group'))
      const shown = parameters.flag('grouped')
        ? Object.fromEntries(
            [...Map.groupBy(functions, ([, { group }]) => group)].map(([group, inside]) => [
              group,
              Object.fromEntries(inside),
            ]),
          )
        : functions
      return sendJsonText(call, functionsJson(shown))
    },
  },
  {
    methods: ['GET'],
    path: '/functions/:name',
    scope: 'read',
    handle: async (call) => {
      const { name } = call.request.params as { name: string }
      const found = describedFunctions().get(name)
      if (!found) throw new Refusal(404, 'not_found', `Function not found: ${name.slice(0, 100)}`)
      return sendJsonText(call, functionsJson(found))
    },
  },
]

async function answerRender(services: Services, { parameters, reply, deadline }: Call) {
  const { config, clock, random, events } = services
  const zone = timeZoneOf(config.time_zone) ?? utc
  const request = renderRequest(parameters.pairs, { nowS: Math.floor(clock.now() / 1000), zone })
  const store = await openedStore(services)
  const finder = new Finder({ ...services, store })
  const limits = {
    ...defaultRenderLimits,
    maxTargets: config.max_targets,
    maxSeries: config.max_series,
    maxPoints: config.max_points,
  }
  const timesOfEvents = async (tags: readonly string[], fromS: number, untilS: number) => {
    const found = await events()?.find({ fromS, untilS }, tags)
    return (found ?? []).map(({ when }) => when)
  }
  const fetch = storeFetch(finder, store, deadline)
  const series = await render(request, { fetch, events: timesOfEvents, random }, limits)
  const { contentType, body } = answerOf(series, request)
  return reply.type(contentType).send(body)
}
