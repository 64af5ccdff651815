import { z } from 'zod'
import { setOwn, type JsonObject } from '../../core/json.ts'
import { defineParser, Refusal, type Parser } from '../parser.ts'
import { timeReader } from '../times/reader.ts'
import { compileExpression } from './expression.ts'
import { converter, eventOf, recordFields, takeTime } from './record.ts'
import { isUtf8 } from './utf8.ts'

export const regexp = defineParser(
  'regexp',
  'Messages that fit a regular expression; its named groups become fields.',
  {
    expression: z
      .string()
      .min(1)
      .describe('JavaScript `^(?<level>\\w+) (?<message>.*)$` or Ruby `/…/im`'),
    time_key: z.string().min(1).default('time').describe('Group that holds the time'),
    max_length: z
      .int()
      .min(1)
      .max(16_777_216)
      .default(65_536)
      .describe('Longest message in bytes that is tried; a longer one is refused'),
    allow_backtracking: z
      .boolean()
      .default(false)
      .describe('Take look-around and back references, which no bound of time holds for'),
    ...recordFields,
  },
  (config, context): Parser => {
    const expression = compileExpression(config.expression, config.allow_backtracking)
    const readTime = timeReader(config, context.now)
    const convert = converter(config, context)
    return {
      parse(source, start, end, note) {
        if (end - start > config.max_length) {
          return new Refusal('unmatched', `longer than max_length ${config.max_length}`)
        }
        const groups = expression.exec(source.toString('utf8', start, end))?.groups
        if (!groups) return new Refusal('unmatched', 'the expression does not match')
        if (!isUtf8(source, start, end)) note('invalid_utf8')
        const record: JsonObject = {}
        for (const [name, value] of Object.entries(groups)) {
          if (value !== undefined) setOwn(record, name, value)
        }
        const time = takeTime(record, config.time_key, config.keep_time_key, readTime, note)
        convert?.(record, note)
        return eventOf(record, time, readTime, note)
      },
    }
  },
)
