import { expect, test } from 'vitest'
import { GatheredBytes } from '../../../errors/digest/gathered_bytes.ts'

test('texts and bytes stand one after the other, however many, and anew once cleared', () => {
  const gathered = new GatheredBytes()
  const pieces: Buffer[] = []
  for (let number = 0; number < 3000; number++) {
    const text = `${number} a text with ü, 漢 and 😀\n`
    gathered.addText(text)
    gathered.add(Buffer.of(number % 256))
    pieces.push(Buffer.from(text), Buffer.of(number % 256))
  }
  expect(gathered.all.equals(Buffer.concat(pieces))).toBe(true)
  gathered.clear()
  expect(gathered.length).toBe(0)
  gathered.addText('anew')
  expect(gathered.all.toString()).toBe('anew')
})
