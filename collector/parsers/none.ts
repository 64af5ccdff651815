import { z } from 'zod'
import { phraseOf } from '../event_buffer.ts'
import { type Event } from '../event.ts'
import { setOwn } from '../../core/json.ts'
import { defineParser, type Parser } from '../parser.ts'
import { jsonString } from './json_string.ts'
import { timePhrase } from './timestamp.ts'
import { isUtf8 } from './utf8.ts'

export const none = defineParser(
  'none',
  'The whole message as one field; it has no time of its own.',
  {
    message_key: z.string().min(1).default('message').describe('Name of the field'),
  },
  ({ message_key: key }): Parser => {
    const member = phraseOf(`",${JSON.stringify(key)}:`)
    const parser: Parser = {
      parse(source, start, end, note) {
        if (!isUtf8(source, start, end)) note('invalid_utf8')
        const event: Event = {}
        setOwn(event, key, source.toString('utf8', start, end))
        return event
      },
    }
    // A name that the envelope or an input's context uses is left to the plain way.
    if (/^(@timestamp|(host|log|source)(\..*)?)$/.test(key)) return parser
    parser.transcode = (source, start, end, out, arrival) => {
      out.phrase(timePhrase)
      out.copy(arrival, 0, arrival.length)
      out.phrase(member)
      return jsonString(source, start, end, out) ? 0 : -1
    }
    return parser
  },
)
