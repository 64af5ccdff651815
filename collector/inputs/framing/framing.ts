import { AutoFramer } from './auto.ts'
import { DelimitedFramer } from './delimited.ts'
import type { Framer, FramerOptions } from './framer.ts'
import { OctetCountedFramer } from './octet_counted.ts'
import type { Framing } from './options.ts'

/** Makes the framer for one connection. */
export function createFramer(kind: Framing, options: FramerOptions): Framer {
  if (typeof kind === 'object') return new DelimitedFramer(Buffer.from(kind.delimiter), options)
  const lines = () => new DelimitedFramer(Buffer.from('\n'), options)
  const octetCounted = () => new OctetCountedFramer(options)
  if (kind === 'octet_counted') return octetCounted()
  if (kind === 'nul') return new DelimitedFramer(Buffer.from([0]), options)
  return kind === 'newline' ? lines() : new AutoFramer({ lines, octetCounted })
}
