/** The direct way from bytes to JSON text says what the plain one says; the long run is test/fuzz. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parserFrom } from '../../../collector/parsers/all.ts'
import { messages } from '../../fuzz/parser_messages.ts'
import { disagreement } from './agreement.ts'

test.each(['json', 'nginx', 'none'])('%s: both ways agree on anything', (type) => {
  const parser = parserFrom(type, 'none')
  fc.assert(
    fc.property(messages, (message) => {
      expect(disagreement(parser, message)).toBeUndefined()
    }),
    { numRuns: 300 },
  )
})
