import { expect, test } from 'vitest'
import { Traffic } from '../../../statsd/line/traffic.ts'
import { LineStream } from '../../../statsd/receive/line_stream.ts'

const streamOf = (maxLineBytes = 10) => {
  const traffic = new Traffic()
  const packets: string[] = []
  const reader = {
    packet: (bytes: Uint8Array, start: number, end: number) => {
      packets.push(Buffer.from(bytes.subarray(start, end)).toString())
    },
  }
  const stream = new LineStream(reader, traffic, maxLineBytes)
  const push = (...pieces: string[]) => pieces.forEach((piece) => stream.push(Buffer.from(piece)))
  return { traffic, packets, stream, push }
}

test('whole lines are read at once, half ones when they are whole', () => {
  const { packets, push } = streamOf()
  push('a:1|c\nb:', '2|', 'c\n', '\n')
  expect(packets).toEqual(['a:1|c\n', 'b:2|c\n', '\n'])
})

test('half a line at the end of a connection is refused', () => {
  const { packets, push, stream, traffic } = streamOf()
  push('a:1|c\nb:1')
  stream.end()
  stream.end()
  expect(packets).toEqual(['a:1|c\n'])
  expect([...traffic.take().refused]).toEqual([['statsd_unfinished', 1]])
})

test('a line that is too long is refused once and passed over to its end', () => {
  const { packets, push, stream, traffic } = streamOf(4)
  push('a:1|c\nabcde', 'fgh', 'ijk\nb:1|c\nx')
  stream.end()
  expect(packets).toEqual(['a:1|c\n', 'b:1|c\n'])
  expect([...traffic.take().refused]).toEqual([
    ['statsd_too_long', 1],
    ['statsd_unfinished', 1],
  ])
})
