import type { JsonRecord } from '../../../store/search.ts'
import { smallDocuments, smallTypes } from '../aggregation_requests.ts'
import { answerOf } from './comparable.ts'
import { documentationDocuments, documentationMappings } from './documentation.ts'
import { bulkOf, learntDocuments, notes, notesMapping } from './documents.ts'
import { hasLogs, logDocuments, logMappings, type LogName } from './logs.ts'
import { numbers, numbersMapping } from './numbers.ts'
import { randomDocuments, randomMapping } from './random.ts'

/** An index as both sides get it. */
export interface Seed {
  readonly index: string
  /** Undefined: the documents teach it. */
  readonly mappings: JsonRecord | undefined
  readonly documents: readonly JsonRecord[]
}

const ofTypes = (types: Readonly<Record<string, string>>): JsonRecord => ({
  properties: Object.fromEntries(
    Object.entries(types).map(([path, type]) => [path, { type: type.replace('[]', '') }]),
  ),
})
const numbered = (documents: readonly JsonRecord[]) =>
  documents.map((document, at) => ({ id: at + 1, ...document }))

export function seeds(): Seed[] {
  return [
    { index: 'notes', mappings: notesMapping, documents: notes },
    { index: 'learnt', mappings: undefined, documents: learntDocuments },
    { index: 'numbers', mappings: numbersMapping, documents: numbers },
    { index: 'small', mappings: ofTypes(smallTypes), documents: numbered(smallDocuments()) },
    { index: 'random', mappings: randomMapping, documents: randomDocuments() },
    ...Object.entries(documentationMappings).map(([index, mappings]) => {
      return { index, mappings, documents: numbered(documentationDocuments[index]!) }
    }),
    ...(hasLogs ? (Object.keys(logMappings) as LogName[]) : []).map((index) => {
      return { index, mappings: logMappings[index], documents: logDocuments(index) }
    }),
  ]
}

/** Makes an index at `url` and fills it. @throws when a document is not taken */
export async function plant(url: string, { index, mappings, documents }: Seed): Promise<void> {
  const body = {
    settings: { number_of_shards: 1, number_of_replicas: 0 },
    ...(mappings && { mappings }),
  }
  await succeed(url, { of: index, path: '', method: 'PUT', body })
  for (let at = 0; at < documents.length; at += 2_000) {
    const lines = bulkOf(index, documents.slice(at, at + 2_000))
    const { errors, items } = await succeed(url, { of: '', path: '_bulk', body: lines })
    if (errors !== false)
      throw new Error(`${url} ${index}: ${JSON.stringify(items).slice(0, 2_000)}`)
  }
  await succeed(url, { of: index, path: '_refresh' })
}

async function succeed(url: string, given: Parameters<typeof answerOf>[1]): Promise<JsonRecord> {
  const { status, body } = await answerOf(url, given)
  if (status >= 300) throw new Error(`${url} ${given.of}: ${JSON.stringify(body).slice(0, 2_000)}`)
  return body
}
