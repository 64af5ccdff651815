/** Numbers written and rounded as Python does, on which the names and tags that graphite-web gives depend. */

/** `repr(float)`: `100.0`, `1e-05`, `1e+16`, `inf`, `nan`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const exponent = exponentOf(value.toExponential())
  if (exponent < -4 || exponent >= 16) return exponential(value.toExponential())
  if (Object.is(value, -0)) return '-0.0'
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

/** `'%g' % value`: at most six significant digits. */
export function generalText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  // Rounded here, since JavaScript rounds ties up and Python to even.
  const short = rounded(value, 5 - exponentOf(value.toExponential()))
  const scientific = short.toExponential(5)
  const exponent = exponentOf(scientific)
  if (exponent >= -4 && exponent < 6) return withoutZeros(short.toFixed(5 - exponent))
  const [mantissa, power] = scientific.split('e') as [string, string]
  return exponential(`${withoutZeros(mantissa)}e${power}`)
}

/** `'%.2f' % value` for `digits` 2. */
export function fixedText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Math.abs(value) >= 1e21)
    return `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return `${sign}${rounded(Math.abs(value), digits).toFixed(digits)}`
}

/** `'%d' % value`: cut off towards zero. */
export function integerText(value: number): string {
  const whole = Math.trunc(value)
  return Math.abs(whole) >= 1e21 && Number.isFinite(whole) ? String(BigInt(whole)) : `${whole + 0}`
}

/** Beyond these the quick way could be off by one in the last digit. */
const quickLimit = 2 ** 32
const quickMargin = 1e-6

/** `round(value, digits)`: to the nearest decimal of the exact binary value, ties to even. */
export function rounded(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 22) return value
  if (digits < 0) return roundedToTens(value, 10 ** -digits)
  const scale = 10 ** digits
  const scaled = value * scale
  const below = Math.floor(scaled)
  const rest = scaled - below
  if (Math.abs(scaled) < quickLimit && Math.abs(rest - 0.5) > quickMargin) {
    return (rest > 0.5 ? below + 1 : below) / scale
  }
  if (Math.abs(value) >= 2 ** 52) return value
  const isTie = /50{24}$/.test(value.toFixed(digits + 25))
  if (!isTie) return Number(value.toFixed(digits))
  return (below % 2 === 0 ? below : below + 1) / scale
}

function roundedToTens(value: number, ten: number): number {
  const below = Math.floor(value / ten)
  const rest = (value - below * ten) * 2
  const up = rest > ten || (rest === ten && below % 2 !== 0)
  return (up ? below + 1 : below) * ten
}

function exponentOf(scientific: string): number {
  return Number(scientific.slice(scientific.indexOf('e') + 1))
}

/** Python writes at least two digits of an exponent. */
function exponential(scientific: string): string {
  return scientific.replace(/e([+-])(\d)$/, 'e$10$2')
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
