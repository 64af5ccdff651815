import { fixedText, floatText, generalText, integerText } from './number_text.ts'

/**
 * `template % value` of Python for one number: `%d`, `%s`, `%f`, `%.2f`, `%g`, `%e` with width and flags `-`, `0`,
 * `+`; `%%` is a percent sign.
 *
 * @throws RangeError for another conversion, or unless the template takes exactly one value.
 */
export function percentFormat(template: string, value: number): string {
  let taken = 0
  const text = template.replaceAll(/%(?:%|([-+0 ]*)(\d*)(?:\.(\d+))?(.?))/g, (all, ...groups) => {
    if (all === '%%') return '%'
    const [flags = '', width = '', precision, conversion] = groups as (string | undefined)[]
    taken++
    const bare = converted(value, conversion ?? '', precision)
    const signed = flags.includes('+') && value >= 0 ? `+${bare}` : bare
    const size = Math.min(Number(width), maxWidth)
    if (flags.includes('-')) return signed.padEnd(size)
    return signed.padStart(size, flags.includes('0') ? '0' : ' ')
  })
  if (taken !== 1) throw new RangeError(`it takes ${taken} values instead of one`)
  return text
}

const maxWidth = 200

function converted(value: number, conversion: string, precision: string | undefined): string {
  const digits = Math.min(Number(precision ?? 6), 50)
  if (conversion === 'd' || conversion === 'i') return integerText(value)
  if (conversion === 's' || conversion === 'r') return floatText(value)
  if (conversion === 'f' || conversion === 'F') return fixedText(value, digits)
  if (conversion === 'g') return generalText(value)
  if (conversion === 'e') return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
  throw new RangeError(`%${conversion} is not understood`)
}
