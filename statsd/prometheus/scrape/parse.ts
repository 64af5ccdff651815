/** A line of an exposition that is a sample. */
export interface ScrapedSample {
  readonly name: string
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly value: number
  /** Milliseconds since the epoch, where the line says one. */
  readonly atMs: number | undefined
}

/** What a text format differs in. */
export interface ScrapeFormat {
  /** Of a timestamp: the text format's is in milliseconds, that of OpenMetrics in seconds. */
  readonly perMs: number
  /** OpenMetrics: the text has to end in `# EOF`, so that one that was cut off is noticed. */
  readonly needsEof: boolean
}

export const scrapeText: ScrapeFormat = { perMs: 1, needsEof: false }
export const scrapeOpenMetrics: ScrapeFormat = { perMs: 1000, needsEof: true }

/** The format of an answer by its Content-Type; what is not OpenMetrics is taken for the text format. */
export const scrapeFormatOf = (contentType: string | undefined): ScrapeFormat =>
  (contentType ?? '').toLowerCase().startsWith('application/openmetrics-text')
    ? scrapeOpenMetrics
    : scrapeText

/**
 * Reads an exposition, line by line, in linear time. HELP, TYPE, UNIT, comments and exemplars are passed over, and
 * so are the samples `_created` of OpenMetrics, which only say since when others count.
 *
 * @throws SyntaxError with the line's number for a line that is no sample: then nothing of the text can be
 *   trusted, and Prometheus takes none of it either.
 */
export function* parseExposition(text: string, format: ScrapeFormat): Generator<ScrapedSample> {
  let number = 0
  let ended = false
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, end).replace(/\r$/, '')
    start = end + 1
    number += 1
    if (ended && line !== '') throw new SyntaxError(`line ${number}: comes after # EOF`)
    if (line === '# EOF' && format.needsEof) ended = true
    if (/^\s*(#|$)/.test(line)) continue
    yield new Line(line, number).sample(format)
  }
  if (format.needsEof && !ended) throw new SyntaxError('it does not end in # EOF: it was cut off')
}

const nameAt = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const labelAt = /[a-zA-Z_][a-zA-Z0-9_]*/y
const blanksAt = /[ \t]*/y
const wordAt = /[^ \t]+/y
/** A quoted text, with whatever is escaped in it. */
const quotedAt = /"((?:[^"\\]|\\[^])*)"/y

class Line {
  readonly #text: string
  readonly #number: number
  #at = 0

  constructor(text: string, number: number) {
    this.#text = text
    this.#number = number
  }

  sample({ perMs }: ScrapeFormat): ScrapedSample {
    this.#take(blanksAt)
    let name = this.#take(nameAt) ?? ''
    const labels: (readonly [string, string])[] = []
    this.#take(blanksAt)
    if (this.#text[this.#at] === '{') {
      this.#at += 1
      name = this.#labels(labels) ?? name
    }
    if (name === '') throw this.#wrong('a name')
    this.#take(blanksAt)
    const value = this.#numeral('a value')
    this.#take(blanksAt)
    const rest = this.#text.slice(this.#at)
    const hasTime = rest !== '' && !rest.startsWith('#')
    const time = hasTime ? this.#numeral('a timestamp') : undefined
    this.#take(blanksAt)
    const end = this.#text[this.#at]
    // What follows a # is an exemplar.
    if (end !== undefined && end !== '#') throw this.#wrong('the end of the line')
    return { name, labels, value, atMs: time === undefined ? undefined : Math.round(time * perMs) }
  }

  /** @returns the name, where it stands quoted among the labels, as Prometheus 3 writes those that need it. */
  #labels(labels: (readonly [string, string])[]): string | undefined {
    let name: string | undefined
    for (;;) {
      this.#take(blanksAt)
      if (this.#text[this.#at] === '}') {
        this.#at += 1
        return name
      }
      const quoted = this.#text[this.#at] === '"' ? this.#quoted() : undefined
      const label = quoted ?? this.#take(labelAt)
      if (label === undefined) throw this.#wrong('a label or }')
      this.#take(blanksAt)
      if (this.#text[this.#at] === '=') {
        this.#at += 1
        this.#take(blanksAt)
        if (this.#text[this.#at] !== '"') throw this.#wrong('a quoted value')
        labels.push([label, this.#quoted()])
      } else if (quoted !== undefined && name === undefined) name = quoted
      else throw this.#wrong('=')
      this.#take(blanksAt)
      if (this.#text[this.#at] === ',') this.#at += 1
      else if (this.#text[this.#at] !== '}') throw this.#wrong(', or }')
    }
  }

  #quoted(): string {
    quotedAt.lastIndex = this.#at
    const found = quotedAt.exec(this.#text)
    if (!found) throw this.#wrong('a quoted text that ends')
    this.#at = quotedAt.lastIndex
    const inner = found[1]!
    if (!inner.includes('\\')) return inner
    // Anything but \n, \" and \\ stays as it is written.
    return inner.replace(/\\([n"\\])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }

  #numeral(what: string): number {
    const word = this.#take(wordAt)
    const value = word === undefined ? undefined : numberOf(word)
    if (value === undefined) throw this.#wrong(what)
    return value
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found !== undefined) this.#at += found.length
    return found
  }

  #wrong(expected: string): SyntaxError {
    const shown = this.#text.slice(this.#at, this.#at + 40)
    return new SyntaxError(
      `line ${this.#number}:${this.#at + 1}: expected ${expected} at "${shown}"`,
    )
  }
}

const infinities: Readonly<Record<string, number>> = {
  inf: Infinity,
  '+inf': Infinity,
  infinity: Infinity,
  '+infinity': Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
  nan: NaN,
}

/** As Go's ParseFloat takes it, hexadecimal floats apart. */
function numberOf(word: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word)) return Number(word)
  return infinities[word.toLowerCase()]
}
