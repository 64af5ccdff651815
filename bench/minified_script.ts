/** A script on one line, its source map, and places in it where something is thrown. */
export interface Minified {
  readonly script: string
  readonly map: string
  readonly places: readonly { readonly column: number; readonly function: string }[]
}

const functionsOfSource = 60

/** @param bytes about how large the map is to be: a third of it are mappings, the rest sources. */
export function minified(bytes: number): Minified {
  const parts: string[] = []
  const mappings: string[] = []
  const places: { column: number; function: string }[] = []
  const [sources, sourcesContent, names]: [string[], string[], string[]] = [[], [], []]
  const before = [0, 0, 0, 0, 0]
  let column = 0
  let size = 0
  /** A token at its place in the source. */
  const token = (text: string, line: number, at: number, name?: number) => {
    const segment = [column, sources.length, line, at, ...(name === undefined ? [] : [name])]
    const encoded = segment
      .map((value, field) => {
        const difference = value - before[field]!
        before[field] = value
        return vlq(difference)
      })
      .join('')
    mappings.push(encoded)
    size += encoded.length + 1
    parts.push(text)
    column += text.length
  }
  while (size < bytes) {
    const lines: string[] = []
    for (let index = 0; index < functionsOfSource; index++) {
      const line = lines.length
      const short = shortName(names.length)
      const long = `computeTotalOf${names.length}`
      const name = names.push(long) - 1
      lines.push(
        `/** What the items of basket ${index} come to. */`,
        `export function ${long}(items: readonly Item[]): number {`,
        `  return items.reduce((sum, item) => sum + item.price * item.count, ${index})`,
        '}',
        '',
      )
      token('function ', line + 1, 7)
      token(short, line + 1, 16, name)
      token('(t){', line + 1, 17 + long.length)
      token('return ', line + 2, 2)
      places.push({ column, function: short })
      token('t.', line + 2, 9)
      token('reduce(', line + 2, 15)
      token('(t,n)=>', line + 2, 22)
      token('t+n.price', line + 2, 37)
      token('*n.count,', line + 2, 56)
      token(`${index})}`, line + 2, 70)
    }
    const content = lines.join('\n')
    sourcesContent.push(content)
    sources.push(`../src/baskets/basket${sources.length}.ts`)
    size += content.length + 40
  }
  const map = { version: 3, sources, sourcesContent, names, mappings: mappings.join(',') }
  return { script: parts.join(''), map: JSON.stringify(map), places }
}

/** a … z, aa … zz: minifiers give names again in other scopes. */
function shortName(index: number): string {
  const letters = 'abcdefghijklmopqrsuvwxyz'
  const [low, high] = [index % letters.length, Math.floor(index / letters.length) % letters.length]
  return `${letters[high]!}${letters[low]!}`
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += digits[rest > 0 ? digit | 32 : digit]!
  } while (rest > 0)
  return text
}
