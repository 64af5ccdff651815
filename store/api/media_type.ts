import { SearchError } from '../search.ts'

const versioned = /^application\/vnd\.elasticsearch\+(json|x-ndjson)$/

/** A media type's name and its parameters, lower case. */
function parse(text: string): { name: string; parameters: Map<string, string> } {
  const [name = '', ...rest] = text.toLowerCase().split(';')
  const pairs = rest.map((part) => {
    const [key = '', value = ''] = part.split('=')
    return [key.trim(), value.trim().replaceAll('"', '')] as const
  })
  return { name: name.trim(), parameters: new Map(pairs) }
}

const taken = new Set([
  '',
  'application/json',
  'application/x-ndjson',
  'application/*',
  'text/plain',
  '*/*',
  // What curl says when nobody says anything else: Elasticsearch refuses it, and users wonder.
  'application/x-www-form-urlencoded',
])

/**
 * Content-Type of a body that has to be JSON or NDJSON.
 *
 * @throws SearchError 406, as Elasticsearch answers, for another type or version.
 */
export function checkContentType(header: string | undefined): void {
  if (header === undefined) return
  const { name, parameters } = parse(header)
  const version = parameters.get('compatible-with')
  if (taken.has(name)) return
  if (versioned.test(name) && /^[789]$/.test(version ?? '8')) return
  const text = `Content-Type header [${header}] is not supported`
  throw new SearchError(406, 'media_type_header_exception', text)
}

/**
 * Content-Type of an answer: a versioned one when the client asks for it, `application/json` otherwise.
 * Weir answers 7, 8 and 9 the same.
 */
export function answerType(accept: string | undefined): string {
  for (const each of (accept ?? '').split(',')) {
    const { name, parameters } = parse(each)
    const match = versioned.exec(name)
    if (!match) continue
    const version = parameters.get('compatible-with')
    if (version !== undefined && /^[789]$/.test(version)) {
      return `application/vnd.elasticsearch+json;compatible-with=${version}`
    }
  }
  return 'application/json'
}

/** Whether a `_cat` answer is wanted as JSON rather than as text. */
export const wantsJson = (accept: string | undefined): boolean =>
  (accept ?? '').split(',').some((each) => parse(each).name.endsWith('json'))
