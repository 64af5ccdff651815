import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MapUnreadable } from '../../../errors/symbolicate/mappings.ts'
import { inlineMapIn, inlineReference, readScript } from '../../../errors/symbolicate/script.ts'

const piece = fc.constantFrom(
  '//# sourceMappingURL=',
  '/*# sourceMappingURL=',
  '//@ sourceMappingURL=',
  'data:application/json;base64,',
  'data:,',
  'e30=',
  '%7b%7d',
  '%',
  'a.map',
  ' */',
  '\n',
  '\r\n',
  '"',
  'é',
  '//# debugId=1\n',
)

test('a script is read whatever it ends with, and its own text is never changed', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = `e()\n${pieces.join('')}`
      const bytes = Buffer.from(text)
      const script = readScript(bytes)
      expect(text.startsWith(script.text)).toBe(true)
      expect(script.offsetOf(0, 1)).toBe(1)
      const isInside = script.mapReference === inlineReference
      if (!isInside) expect(script.text).toBe(text)
      try {
        expect(inlineMapIn(bytes) !== undefined).toBe(isInside)
      } catch (failure) {
        expect([isInside, failure]).toEqual([true, expect.any(MapUnreadable)])
      }
    }),
  )
})
