import { chartOf } from '../chart/chart.ts'
import type { RenderRequest } from '../request.ts'
import type { Series } from '../series.ts'
import { jsonOf } from './json.ts'
import { msgpackOf } from './msgpack.ts'
import { dygraphOf, rickshawOf } from './scripts.ts'
import { csvOf, rawOf } from './text.ts'

export interface RenderAnswer {
  readonly contentType: string
  readonly body: string | Buffer
}

/** The series of a request in the format that it asks for. */
export function answerOf(series: readonly Series[], request: RenderRequest): RenderAnswer {
  switch (request.format) {
    case 'csv':
      return { contentType: 'text/csv', body: csvOf(series, request.zone) }
    case 'raw':
      return { contentType: 'text/plain', body: rawOf(series) }
    case 'msgpack':
      return { contentType: 'application/x-msgpack', body: msgpackOf(series) }
    case 'json':
      return script(jsonOf(series, request), request)
    case 'dygraph':
      return script(dygraphOf(series), request)
    case 'rickshaw':
      return script(rickshawOf(series), request)
    case 'svg':
      return picture(chartOf(series, request), request)
  }
}

function script(body: string, { jsonp }: RenderRequest): RenderAnswer {
  if (jsonp === undefined) return { contentType: 'application/json', body }
  return { contentType: 'text/javascript', body: `${jsonp}(${body})` }
}

function picture(body: string, request: RenderRequest): RenderAnswer {
  if (request.jsonp !== undefined) return script(JSON.stringify(body), request)
  return { contentType: 'image/svg+xml', body }
}
