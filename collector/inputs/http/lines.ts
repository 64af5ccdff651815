import { Spans } from '../framing/spans.ts'
import { lineCounter, type Messages, Problems } from './messages.ts'

/** Every line of a body is a message; empty ones are left out. */
export function splitLines(body: Buffer, format: 'json' | undefined): Messages {
  const spans = new Spans()
  for (let start = 0; start < body.length;) {
    const found = body.indexOf(10, start)
    const next = found === -1 ? body.length : found
    const end = next > start && body[next - 1] === 13 ? next - 1 : next
    if (end > start) spans.add(start, end)
    start = next + 1
  }
  return { source: body, spans, format, problems: new Problems(), lineAt: lineCounter(body) }
}
