import type { JsonObject } from '../../../core/json.ts'
import type { Capabilities, DocumentKind } from './document_kind.ts'

const keyword = { type: 'keyword', ignore_above: 1024 }
const long = { type: 'long' }
const ip = { type: 'ip' }

/** Fields of ECS (github.com/elastic/ecs, Apache-2.0) that are no `keyword`; those follow from being text. */
const typed: Record<string, JsonObject> = {
  'client.ip': ip,
  'client.port': long,
  'destination.ip': ip,
  'destination.port': long,
  'event.duration': long,
  'event.sequence': long,
  'host.ip': ip,
  'http.request.body.bytes': long,
  'http.request.bytes': long,
  'http.response.body.bytes': long,
  'http.response.bytes': long,
  'http.response.status_code': long,
  'log.origin.file.line': long,
  'log.syslog.facility.code': long,
  'log.syslog.priority': long,
  'log.syslog.severity.code': long,
  'process.pid': long,
  'process.thread.id': long,
  'server.ip': ip,
  'source.ip': ip,
  'source.port': long,
}

/** Fields whose first value could otherwise decide for another type. */
const keywords = [
  'error.code',
  'error.id',
  'error.type',
  'event.dataset',
  'host.name',
  'http.request.method',
  'http.version',
  'log.file.path',
  'log.level',
  'log.logger',
  'service.environment',
  'service.name',
  'service.version',
  'source.address',
  'span.id',
  'trace.id',
  'transaction.id',
  'url.original',
  'url.path',
  'user.id',
  'user.name',
]

/** Log events. */
export const logEvents: DocumentKind = {
  streams: 'logs',
  component: 'weir',
  custom: 'weir@custom',
  template: logTemplate,
}

/** The mapping and settings that all of Weir's templates for logs share. */
function logTemplate(can: Capabilities, timestampType: string): JsonObject {
  const properties: JsonObject = {
    // A data stream refuses ignore_malformed here, which the setting below would switch on.
    '@timestamp': { type: timestampType, ignore_malformed: false },
    message: can.text,
    'error.message': can.text,
    'error.stack_trace': can.text,
    labels: can.free,
    attributes: can.free,
    ...typed,
    ...Object.fromEntries(keywords.map((name) => [name, keyword])),
  }
  return {
    settings: can.settings,
    mappings: {
      ...can.root,
      date_detection: false,
      numeric_detection: false,
      dynamic_templates: [{ strings: { match_mapping_type: 'string', mapping: keyword } }],
      properties,
    },
  }
}
