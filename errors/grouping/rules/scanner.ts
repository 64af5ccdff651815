import { RuleError } from './position.ts'

/** Most characters of a rule: nobody writes longer ones, and matching costs what a pattern is long. */
const maxLineLength = 4096

/** Reads one line of rules from left to right; whatever does not fit is an error with its place. */
export class Scanner {
  readonly text: string
  readonly line: number
  at = 0

  constructor(text: string, line: number) {
    this.text = text
    this.line = line
    if (text.length > maxLineLength) {
      this.at = maxLineLength
      throw this.error(`a rule has at most ${maxLineLength} characters`)
    }
  }

  get ended(): boolean {
    return this.at >= this.text.length
  }

  skipSpace() {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++
  }

  sees(token: string): boolean {
    return this.text.startsWith(token, this.at)
  }

  /** Moves behind `token` where it stands here. */
  take(token: string): boolean {
    if (!this.sees(token)) return false
    this.at += token.length
    return true
  }

  expect(token: string, message: string) {
    if (!this.take(token)) throw this.error(message)
  }

  /** The characters from here on that `test` accepts. */
  takeWhile(test: (character: string) => boolean): string {
    const start = this.at
    while (!this.ended && test(this.text[this.at]!)) this.at++
    return this.text.slice(start, this.at)
  }

  /**
   * A text in double quotes, in which `\"` is a quote and `\\` a backslash; undefined when none begins here. Other
   * backslashes are what they are: PHP's names and Windows' paths are full of them.
   */
  takeQuoted(): string | undefined {
    if (!this.sees('"')) return undefined
    const start = this.at++
    let text = ''
    while (!this.ended) {
      const character = this.text[this.at++]!
      if (character === '"') return text
      if (character === '\\' && /["\\]/.test(this.text[this.at] ?? '')) text += this.text[this.at++]
      else text += character
    }
    throw this.error('the text that begins here has no closing quote', start)
  }

  error(message: string, at = this.at): RuleError {
    return new RuleError(message, this.line, at + 1)
  }
}

/** The lines of a text that hold rules: no comments, no empty ones. */
export function ruleLines(text: string): { line: number; text: string }[] {
  return text.split(/\r\n|\r|\n/).flatMap((content, index) => {
    const trimmed = content.trimStart()
    return trimmed === '' || trimmed.startsWith('#')
      ? []
      : [{ line: index + 1, text: content.trimEnd() }]
  })
}
