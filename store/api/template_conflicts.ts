import type { JsonRecord } from '../search.ts'
import type { CatalogueStore } from './catalogue_store.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { namePattern, patternsOverlap } from './name_pattern.ts'
import { weirStream } from './index_name.ts'
import { isRecord } from './request_body.ts'
import { patternsOf, priorityOf, requiredComponents } from './templates.ts'

/**
 * Of two index templates that some name would fit, one has to have the higher priority.
 *
 * @throws SearchError 400 in Elasticsearch's words.
 */
export function checkPriority(catalogue: CatalogueStore, name: string, template: JsonRecord): void {
  const priority = priorityOf(template)
  const own = patternsOf(template)
  const rivals = [...catalogue.all('index_template')].filter(
    ([other, body]) =>
      other !== name &&
      priorityOf(body) === priority &&
      patternsOf(body).some((each) => own.some((pattern) => patternsOverlap(pattern, each))),
  )
  if (rivals.length === 0) return
  const names = rivals.map(([other]) => other).join(',')
  const patterns = rivals.map(([other, body]) => `${other} => [${patternsOf(body).join(', ')}]`)
  throw illegalArgument(
    `index template [${name}] has index patterns [${own.join(', ')}] matching patterns from existing templates [${names}] with patterns (${patterns.join(',')}) that have the same priority [${priority}], multiple index templates may not match during index creation, please use a different priority`,
  )
}

/**
 * A component that an index template needs stays: without it nothing could be made by that template.
 *
 * @throws SearchError 400 in Elasticsearch's words.
 */
export function checkUnused(catalogue: CatalogueStore, components: readonly string[]): void {
  const going = new Set(components)
  const users = [...catalogue.all('index_template')].flatMap(([name, template]) => {
    const used = requiredComponents(template).filter((each) => going.has(each))
    return used.length === 0 ? [] : [{ name, used }]
  })
  if (users.length === 0) return
  const used = [...new Set(users.flatMap((each) => each.used))].join(', ')
  const by = users.map(({ name }) => name).join(', ')
  throw illegalArgument(
    `component templates [${used}] cannot be removed as they are still in use by index templates [${by}]`,
  )
}

/**
 * A template stays that a data stream has nothing else to be made by. Weir's own streams need none.
 *
 * @param streams names of data streams.
 * @throws SearchError 400 in Elasticsearch's words.
 */
export function checkNoStreamLeft(
  catalogue: CatalogueStore,
  templates: readonly string[],
  streams: readonly string[],
): void {
  const going = new Set(templates)
  const fitting = (stream: string) =>
    [...catalogue.all('index_template')].filter(
      ([, body]) =>
        isRecord(body['data_stream']) &&
        patternsOf(body).some((each) => namePattern(each).test(stream)),
    )
  const left = streams.filter((stream) => {
    if (weirStream.test(stream)) return false
    const names = fitting(stream).map(([name]) => name)
    return names.length > 0 && names.every((name) => going.has(name))
  })
  if (left.length === 0) return
  throw illegalArgument(
    `unable to remove composable templates [${templates.join(',')}] as they are in use by a data streams [${left.join(', ')}]`,
  )
}
