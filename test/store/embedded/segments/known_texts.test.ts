import { expect, test } from 'vitest'
import { KnownTexts } from '../../../../store/embedded/segments/known_texts.ts'

const owner = 7

/** Looks for a text as a line has it, and remembers it. @returns whether it was known. */
function isKnown(known: KnownTexts, text: string): boolean {
  const bytes = Buffer.from(`"${text}",    `)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const length = Buffer.byteLength(text)
  const found = known.find(view, bytes.length, 1, owner)
  if (found >= 0) expect(found).toBe(1 + length)
  else known.remember(view, 1, length, owner)
  return found >= 0
}

test('a text that comes in many lines stays, however many others come once or twice in a line', () => {
  const known = new KnownTexts()
  let misses = 0
  for (let line = 0; line < 40_000; line++) {
    known.nextLine()
    // As address and ip, original and path have it.
    expect(isKnown(known, `address ${line}`)).toBe(false)
    expect(isKnown(known, `address ${line}`)).toBe(true)
    if (line % 300 === 0 && !isKnown(known, 'an agent that comes now and then')) misses += 1
  }
  expect(misses).toBeLessThan(5)
})

test('what comes no more makes room in time', () => {
  const known = new KnownTexts()
  for (let line = 0; line < 100_000; line++) {
    known.nextLine()
    isKnown(known, `once in a while ${line % 4_000}`)
  }
  let misses = 0
  for (let line = 0; line < 300_000; line++) {
    known.nextLine()
    isKnown(known, `only now ${line}`)
    const isMissed = !isKnown(known, `later ${line % 500}`)
    if (isMissed && line >= 200_000) misses += 1
  }
  // Some share a set with too many.
  expect(misses).toBeLessThan(5_000)
})
