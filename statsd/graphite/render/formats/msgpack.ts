import type { Series } from '../series.ts'

/**
 * What graphite-web's servers send each other: an array of maps with name, start, end, step, values (float 64, nil for
 * null), pathExpression, valuesPerPoint, consolidationFunc and xFilesFactor.
 */
export function msgpackOf(series: readonly Series[]): Buffer {
  return Buffer.concat([arrayHead(series.length), ...series.flatMap(mapOf)])
}

function mapOf(series: Series): readonly Buffer[] {
  const { name, start, end, step, values, pathExpression, consolidation, xFilesFactor } = series
  const entries: readonly (readonly [string, Buffer])[] = [
    ['name', text(name)],
    ['start', integer(start)],
    ['end', integer(end)],
    ['step', integer(step)],
    ['values', numbers(values)],
    ['pathExpression', text(pathExpression)],
    ['valuesPerPoint', integer(1)],
    ['consolidationFunc', text(consolidation)],
    ['xFilesFactor', numbers(new Float64Array([xFilesFactor])).subarray(1)],
  ]
  const head = Buffer.from([0x80 | entries.length])
  return [head, ...entries.flatMap(([key, value]) => [text(key), value])]
}

function arrayHead(length: number): Buffer {
  if (length < 16) return Buffer.from([0x90 | length])
  return withUint32(0xdd, length)
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  const head =
    bytes.length < 32 ? Buffer.from([0xa0 | bytes.length]) : withUint32(0xdb, bytes.length)
  return Buffer.concat([head, bytes])
}

function integer(value: number): Buffer {
  if (value >= 0 && value < 2 ** 32) return withUint32(0xce, value)
  const bytes = Buffer.alloc(9, 0xd3)
  bytes.writeBigInt64BE(BigInt(Math.trunc(value)), 1)
  return bytes
}

function numbers(values: Float64Array): Buffer {
  const head = arrayHead(values.length)
  const bytes = Buffer.alloc(head.length + values.length * 9)
  let end = head.copy(bytes)
  for (const value of values) {
    if (value !== value) {
      bytes[end++] = 0xc0
      continue
    }
    bytes[end] = 0xcb
    bytes.writeDoubleBE(value, end + 1)
    end += 9
  }
  return bytes.subarray(0, end)
}

function withUint32(type: number, value: number): Buffer {
  const bytes = Buffer.from([type, 0, 0, 0, 0])
  bytes.writeUInt32BE(value, 1)
  return bytes
}
