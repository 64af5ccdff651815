import { SearchError, type JsonRecord } from '../search.ts'
import { tokensOf } from '../query/analysis.ts'
import { illegalArgument } from './elasticsearch_error.ts'
import { parseRecord } from './request_body.ts'
import type { Answer, Call, Route } from './route.ts'

const maxTextLength = 100_000

/** The standard analyser's tokens, which is what text fields are asked by; `keyword` is the text itself. */
function analyze({ body, query }: Call): Answer {
  const given = parseRecord(body)
  for (const name of Object.keys(given)) {
    if (['analyzer', 'text', 'field'].includes(name)) continue
    throw illegalArgument(`[${name}] of _analyze is not supported`)
  }
  const text = given['text'] ?? query.text('text')
  if (text === undefined) {
    const reason = 'Validation Failed: 1: text is missing;'
    throw new SearchError(400, 'action_request_validation_exception', reason)
  }
  const analyzer = String(given['analyzer'] ?? query.text('analyzer') ?? 'standard')
  if (analyzer !== 'standard' && analyzer !== 'keyword') {
    throw illegalArgument(`failed to find global analyzer [${analyzer}]`)
  }
  const texts = (Array.isArray(text) ? text : [text]).map(String)
  if (texts.join('').length > maxTextLength) {
    throw illegalArgument(`the text has more than ${maxTextLength} characters`)
  }
  const tokens: JsonRecord[] = []
  let offset = 0
  for (const each of texts) {
    const words = analyzer === 'keyword' ? [each] : tokensOf(each)
    tokens.push(...placed(words, each, offset, tokens.length, analyzer === 'keyword'))
    offset += each.length + 1
  }
  return { body: { tokens } }
}

function placed(
  words: readonly string[],
  text: string,
  offset: number,
  position: number,
  isKeyword: boolean,
): JsonRecord[] {
  const lower = isKeyword ? text : text.toLowerCase()
  let from = 0
  return words.map((token, place) => {
    const start = Math.max(from, lower.indexOf(token, from))
    from = start + token.length
    const type = isKeyword ? 'word' : /^[\p{N}.,]+$/u.test(token) ? '<NUM>' : '<ALPHANUM>'
    const [start_offset, end_offset] = [offset + start, offset + from]
    return { token, start_offset, end_offset, type, position: position + place }
  })
}

/** How texts are cut into words. */
export const analyzeRoutes: readonly Route[] = [
  {
    methods: ['GET', 'POST'],
    paths: ['/_analyze', '/:index/_analyze'],
    scope: 'read',
    parameters: ['text', 'analyzer', 'index'],
    handle: analyze,
  },
]
