import { expect, test } from 'vitest'
import { TextBlock } from '../../errors/text_block.ts'

test('texts and bytes stand one after the other, however many, and anew once cleared', () => {
  const gathered = new TextBlock(100_000)
  const pieces: Buffer[] = []
  for (let number = 0; number < 3000; number++) {
    const text = `${number} a text with ü, 漢 and 😀\n`
    gathered.text(text)
    gathered.bytes(Buffer.of(number % 256))
    pieces.push(Buffer.from(text), Buffer.of(number % 256))
  }
  expect(gathered.written.equals(Buffer.concat(pieces))).toBe(true)
  gathered.emptied()
  expect(gathered.length).toBe(0)
  gathered.text('anew')
  expect(gathered.written.toString()).toBe('anew')
})

test('memory beyond what is kept is given back', () => {
  const block = new TextBlock(50_000)
  const memory = () => block.written.buffer.byteLength
  block.text('x'.repeat(40_000))
  const kept = memory()
  expect(block.emptied().written.buffer.byteLength).toBe(kept)
  block.text('x'.repeat(60_000))
  block.emptied()
  expect(memory()).toBeLessThan(kept)
})
