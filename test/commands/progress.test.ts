import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { grouped, Progress } from '../../commands/progress.ts'
import { ManualClock } from '../collector/inputs/harness.ts'

function shown(isTTY: boolean) {
  let text = ''
  const to = Object.assign(
    new Writable({
      write(part: Buffer, _encoding, done) {
        text += part.toString()
        done()
      },
    }),
    { isTTY },
  )
  const clock = new ManualClock()
  return { progress: new Progress(to, clock), clock, text: () => text }
}

test('a line every few seconds where there is no terminal', () => {
  const { progress, clock, text } = shown(false)
  for (let second = 0; second <= 10; second++) {
    progress.show(second * 1_000_000, 100_000_000, second * 5_000, 'events')
    clock.advance(1000)
  }
  expect(text().split('\n')).toEqual([
    '5%  5.0 MB of 100.0 MB  1.0 MB/s  25,000 events  5,000/s  01:35 left',
    '10%  10.0 MB of 100.0 MB  1.0 MB/s  50,000 events  5,000/s  01:30 left',
    '',
  ])
})

test('a bar on a terminal, which goes at the end', () => {
  const { progress, clock, text } = shown(true)
  progress.show(0, 100, 0, 'events')
  clock.advance(1000)
  progress.show(50, 100, 2, 'events')
  expect(text()).toContain(`\r\u001b[K${'█'.repeat(12)}${'░'.repeat(12)}  50%`)
  expect(text()).toContain('00:01 left')
  progress.clear()
  expect(text()).toMatch(/\r\u001b\[K$/)
})

test('nothing to do, and nothing moving', () => {
  const { progress, text } = shown(true)
  progress.show(0, 0, 0, 'files')
  expect(text()).toContain('100%')
  expect(text()).toContain('waiting')
})

test('thousands', () => {
  expect([0, 999, 1000, 1234567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567'])
})
