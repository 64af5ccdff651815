import { setFlagsFromString } from 'node:v8'
import { ConfigError } from '../../core/errors.ts'

/**
 * V8's engine backtracks, which takes exponential time on some expressions. With these flags it changes
 * to a linear engine after 50,000 steps back; that one knows no look-around and no back references.
 */
let prepared = false
function prepareEngine(): void {
  if (prepared) return
  prepared = true
  setFlagsFromString('--enable-experimental-regexp-engine')
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')
}

/** Ruby's escapes that JavaScript lacks, outside and inside of a character class. */
const rubyEscapes: Readonly<Record<string, readonly [outside: string, inside: string]>> = {
  h: ['[\\da-fA-F]', '\\da-fA-F'],
  H: ['[^\\da-fA-F]', 'H'],
  A: ['^', 'A'],
  z: ['$', 'z'],
  Z: ['$', 'Z'],
}

function translate(source: string): string {
  let inClass = false
  return source.replace(/\\([^])|\[:(\w+):\]|[[\]]/g, (found, escaped?: string, posix?: string) => {
    if (found === '[') inClass = true
    else if (found === ']') inClass = false
    else if (posix !== undefined) return posixClasses[posix] ?? found
    else if (escaped !== undefined && Object.hasOwn(rubyEscapes, escaped)) {
      return rubyEscapes[escaped]![inClass ? 1 : 0]
    }
    return found
  })
}

const caseToken =
  /\\(?:x[\da-f]{2}|u[\da-f]{4}|[pPk]\{?[^}>]*[}>]?|[^])|\(\?<\w+>|\(\?[^\w]|[a-z]-[a-z]|[a-z]|[[\]]/gi

/** The same for either case of ASCII letters; the linear engine has no flag for it. */
function foldCase(source: string): string {
  let inClass = false
  return source.replace(caseToken, (found) => {
    if (found === '[') inClass = true
    else if (found === ']') inClass = false
    if (!/^[a-z](-[a-z])?$/i.test(found)) return found
    const upper = found.toUpperCase()
    const lower = found.toLowerCase()
    if (inClass) return found === upper || found === lower ? `${upper}${lower}` : found
    if (found.length === 1) return `[${upper}${lower}]`
    return `[${upper[0]}${lower[0]}]-[${upper[2]}${lower[2]}]`
  })
}

const posixClasses: Readonly<Record<string, string>> = {
  alpha: 'a-zA-Z',
  digit: '0-9',
  alnum: 'a-zA-Z0-9',
  xdigit: '0-9a-fA-F',
  space: '\\s',
  upper: 'A-Z',
  lower: 'a-z',
  word: '\\w',
}

/**
 * The expression of a config: `^(?<name>…)$`, or as Fluentd writes it, `/^(?<name>…)$/im`, where `m` lets
 * the point match line feeds, `i` takes ASCII letters in either case, and `^` and `$` match at each line unless `\A` or `\z` occur.
 *
 * @param backtracking take an expression that cannot be run in linear time too.
 * @throws ConfigError saying what is wrong with it.
 */
export function compileExpression(text: string, backtracking: boolean): RegExp {
  prepareEngine()
  const slashed = /^\/([^]*)\/([a-z]*)$/.exec(text)
  const anyCase = slashed?.[2]?.includes('i') === true
  const translated = translate(slashed?.[1] ?? text)
  const source = anyCase ? foldCase(translated) : translated
  const flags = slashed ? rubyFlags(text, slashed[1]!, slashed[2]!) : ''
  let expression: RegExp
  try {
    expression = new RegExp(source, flags)
  } catch (failure) {
    throw new ConfigError('WEIR_CONFIG_INVALID', `expression: ${(failure as Error).message}`)
  }
  if (!/\(\?<[^=!]/.test(source)) {
    throw new ConfigError(
      'WEIR_CONFIG_INVALID',
      'expression: has no named group such as (?<level>…)',
    )
  }
  if (!backtracking && !isLinear(source, flags)) {
    throw new ConfigError(
      'WEIR_CONFIG_INVALID',
      'expression: look-around and back references may take exponential time; do without them, or set allow_backtracking: true',
    )
  }
  return expression
}

function rubyFlags(text: string, source: string, given: string): string {
  const unknown = given.replace(/[imu]/g, '')
  if (unknown !== '') {
    throw new ConfigError(
      'WEIR_CONFIG_INVALID',
      `expression: flag "${unknown}" of ${text} is not known`,
    )
  }
  const lines = /\\[AzZ]/.test(source) ? '' : 'm'
  return `${given.includes('m') ? 's' : ''}${lines}`
}

/** Whether the linear engine takes it: V8 refuses the flag `l` otherwise. */
function isLinear(source: string, flags: string): boolean {
  try {
    return new RegExp(source, `${flags}l`) instanceof RegExp
  } catch {
    return false
  }
}
