/** `[generated column, source, line, column, name]`, all 0-based and whole, by generated line. */
export type Segment = readonly number[]

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += alphabet[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return text
}

/** The `mappings` of a source map. */
export function encodeMappings(lines: readonly (readonly Segment[])[]): string {
  const before = [0, 0, 0, 0, 0]
  return lines
    .map((segments) => {
      before[0] = 0
      return segments
        .map((segment) =>
          segment
            .map((value, field) => {
              const text = vlq(value - before[field]!)
              before[field] = value
              return text
            })
            .join(''),
        )
        .join(',')
    })
    .join(';')
}
