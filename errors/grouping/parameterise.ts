import { isIP } from 'node:net'

/** Longer messages stay as they are: nobody writes them, and each would differ anyway. */
const maxLength = 8192

/** What stands for what differs from event to event. */
interface Shape {
  readonly name: string
  /** Without capturing groups; every repetition is bounded or begins where nothing before it can. */
  readonly pattern: string
  /** Of what fits by its looks: whether it is one. What is none is left as it is. */
  readonly is?: (text: string) => boolean
}

const raw = String.raw
/** Begins and ends where no letter, digit or `_` goes on. */
const word = (pattern: string) => raw`(?<!\w)(?:${pattern})(?!\w)`
const hex = '[0-9a-fA-F]'
/** Letters and digits both: a word of digits is a number, one of letters a word. */
const mixed = (pattern: string, letters: string) =>
  raw`(?=[${letters}]{0,128}\d)(?=\d{0,128}[${letters}])${pattern}`

/** Top-level domains that name hosts in messages; those that are words or endings of files in code are left out. */
const domains =
  'com|net|org|edu|gov|mil|int|info|biz|io|co|dev|ai|eu|uk|us|de|fr|nl|be|ch|se|fi|dk|pt|es|it|gr|cz|hu|ro|bg|hr|si|sk|ee|lv|lt|ua|ru|kz|tr|il|ir|ae|sa|pk|lk|cn|jp|kr|tw|hk|sg|th|vn|ph|au|nz|za|ng|ke|eg|ma|br|ar|mx|cl|pe|ec|ve|uy|ca|ie|lu|li|mobi|xyz|online|shop|store|tech|space|club|cloud|agency|digital|live|world|jobs|travel|museum|aero|coop|cat|asia|tel|fm|tv|ly|gg|local|internal|lan|localdomain|amazonaws|cluster'

const months =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)'
const days = '(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?'
const clock = raw`\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?`
const zone = raw`(?:\s?(?:Z|UTC|GMT|[A-Z]{3,4}(?![A-Za-z])|[+-]\d{2}:?\d{2})(?:\s?[+-]\d{2}:?\d{2})?(?:\s?\([A-Za-z ]{2,40}\))?)?`
/** The most telling first: a shape that is the beginning of another would leave the rest. */
const dates = [
  // datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone.utc), datetime.date(2024, 1, 2)
  raw`datetime\.(?:datetime|date|time)\([\d,\s]{1,60}(?:tzinfo=[^()]{1,60}(?:\([^()]{0,60}\))?)?\)`,
  // 2024-01-02T03:04:05.678+01:00, 2024/01/02 03:04, 2024-01-02
  raw`\d{4}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[T ,_]\s?${clock}${zone})?(?!\w)`,
  // 20240102T030405Z
  raw`\d{8}T\d{6}(?:\.\d{1,9})?Z?(?!\w)`,
  // Tue, 02 Jan 2024 03:04:05 GMT; Tue Jan 2 03:04:05 2024; Tuesday, January 2, 2024 3:04 PM
  raw`${days},?\s(?:\d{1,2}[ -]${months}|${months}\s\d{1,2}),?[ -](?:\d{4}|\d{2})(?:,?\s(?:at\s)?${clock}(?:\s?[AaPp]\.?[Mm]\.?)?${zone})?(?!\w)`,
  raw`${days}\s${months}\s{1,2}\d{1,2}\s${clock}(?:\s[A-Z]{2,4})?(?:\s\d{4})?${zone}(?!\w)`,
  // 02 Jan 2024 03:04:05, 2-Jan-2024, 02/Jan/2024:03:04:05 +0000
  raw`\d{1,2}(?:st|nd|rd|th)?[ /-]${months}[ /,-]{1,2}\d{2,4}(?:[ :T]${clock}(?:\s?[AaPp][Mm])?${zone})?(?!\w)`,
  // Jan 2, 2024, 3:04:05 PM; Jan  2 03:04:05
  raw`${months}\s{1,2}\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}(?:,?\s(?:at\s)?${clock}(?:\s?[AaPp][Mm])?${zone})?(?!\w)`,
  raw`${months}\s{1,2}\d{1,2},?\s${clock}(?:\s?[AaPp][Mm])?(?!\w)`,
  // 01/02/2024 3:04 PM, 2.1.2024
  ...['/', raw`\.`, '-'].map(
    (separator) =>
      raw`\d{1,2}${separator}\d{1,2}${separator}(?:\d{4}|\d{2})(?:,?[ T]${clock}(?:\s?[AaPp][Mm])?${zone})?(?![\w.])`,
  ),
  // 03:04:05.678, 3:04 PM, 3:04PM
  raw`\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:\s?[AaPp][Mm])?${zone}(?!\w)`,
  raw`\d{1,2}:\d{2}\s?[AaPp][Mm](?!\w)`,
]

const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const local = "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]"

/**
 * In the order in which they are tried (docs/GROUPING.md has them with examples). An alternative comes before those
 * that would take a part of it.
 */
const shapes: readonly Shape[] = [
  { name: 'email', pattern: raw`(?<!${local})${local}{1,64}@${label}(?:\.${label}){1,8}` },
  {
    name: 'url',
    pattern: raw`(?<![a-zA-Z0-9+.-])(?:https?|wss?|ftps?|sftp|file|blob|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|rediss?|amqps?|s3|gs|data|app|chrome-extension|moz-extension|safari-extension|safari-web-extension):\/\/[^\s"'<>\x60{}|\\^]{1,2048}(?<![.,;:!?)\]])`,
  },
  {
    name: 'hostname',
    pattern: raw`(?<![\w.@-])(?:${label}\.){1,8}(?:${domains})(?![\w-]|\.\w)(?!\()`,
  },
  {
    name: 'ip',
    pattern: raw`(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\w)|(?=${hex}{0,4}(?::${hex}{1,4}){0,6}::|(?:${hex}{1,4}:){7})${hex}{0,4}(?:(?::${hex}{0,4}){1,6}:\d{1,3}(?:\.\d{1,3}){3}|(?::${hex}{0,4}){2,7})(?![\w:]))`,
    // C++'s `a::b` is one as well, by its looks.
    is: (text) => /\d/.test(text) && isIP(text) !== 0,
  },
  {
    name: 'traceparent',
    pattern: word(
      raw`[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|1-[0-9a-f]{8}-[0-9a-f]{24}`,
    ),
  },
  { name: 'uuid', pattern: word(`${hex}{8}-${hex}{4}-${hex}{4}-${hex}{4}-${hex}{12}`) },
  { name: 'sha1', pattern: word(mixed(`${hex}{40}`, 'a-fA-F')) },
  { name: 'md5', pattern: word(mixed(`${hex}{32}`, 'a-fA-F')) },
  {
    name: 'mac_addr',
    pattern: raw`(?<![\w:-])(?:${hex}{2}(?::${hex}{2}){5}|${hex}{2}(?:-${hex}{2}){5}|${hex}{4}(?:\.${hex}{4}){2})(?![\w:-])`,
  },
  { name: 'date', pattern: raw`(?<![\w.])(?:${dates.join('|')})` },
  {
    name: 'duration',
    pattern: raw`(?<![\w.])(?:\d{1,15}(?:\.\d{1,15})?(?:ms|s|us|µs|μs|ns))(?!\w)`,
  },
  {
    name: 'swift_txn_id',
    pattern: word(raw`tx[0-9a-f]{21}-[0-9a-f]{10}(?:-[\w-]{1,32}|[a-z]{1,32}\d?)?`),
  },
  {
    name: 'hex',
    pattern: raw`(?<!\w)(?:0[xX]${hex}{1,128}|${mixed(`(?:[0-9a-f]{8,128}|[0-9A-F]{8,128})`, 'a-fA-F')}|${mixed('(?:[0-9a-f]{4}|[0-9a-f]{6}|[0-9A-F]{4}|[0-9A-F]{6})', 'a-fA-F')})(?!\w)`,
  },
  { name: 'git_sha', pattern: word(mixed('[0-9a-f]{7}', 'a-f')) },
  {
    name: 'random_id',
    pattern: raw`(?<![a-zA-Z0-9])[a-zA-Z0-9]{12,128}(?![a-zA-Z0-9])`,
    is: isRandom,
  },
  {
    name: 'float',
    pattern: raw`(?:(?<![\w.-])-)?(?<![a-zA-Z0-9.])\d{1,30}\.\d{1,30}(?:[eE][+-]?\d{1,4})?(?![a-zA-Z0-9]|\.\d)`,
  },
  { name: 'int', pattern: raw`(?:(?<![\w.-])-)?(?<![a-zA-Z0-9])\d{1,128}(?![a-zA-Z0-9])` },
  { name: 'quoted_str', pattern: raw`(?<==)(?:'[^'\n]{0,512}'|"[^"\n]{0,512}")` },
  { name: 'bool', pattern: raw`(?<==)(?:[Tt]rue|[Ff]alse|TRUE|FALSE)(?!\w)` },
]

/** Whether letters and digits, small and large, are mixed as no word and no name in a program mixes them. */
function isRandom(text: string): boolean {
  let [digits, digitChanges, changes] = [0, 0, 0]
  let before = kindOf(text.charCodeAt(0))
  for (let at = 0; at < text.length; at++) {
    const kind = kindOf(text.charCodeAt(at))
    if (kind === 0) digits++
    if (kind !== before) changes++
    if (kind !== before && (kind === 0 || before === 0)) digitChanges++
    before = kind
  }
  if (digits === 0 || digits === text.length) return false
  return (digits >= 3 && digitChanges >= 5) || changes >= text.length / 2
}

/** Digit, capital, small letter. */
function kindOf(code: number): 0 | 1 | 2 {
  return code < 58 ? 0 : code < 91 ? 1 : 2
}

/** The alternation of the shapes from `first` on: a group each, and nothing begins within a word. */
const patternFrom = (first: number) => {
  const groups = shapes.slice(first).map((shape) => `(${shape.pattern})`)
  return new RegExp(`(?<![a-zA-Z0-9])(?=[\\w"':.-])(?:${groups.join('|')})`, 'g')
}
const pattern = patternFrom(0)
/** For what only looked like a shape, and may be one that comes later. */
const later = shapes.map((shape, at) => (shape.is ? patternFrom(at + 1) : undefined))

/** Nothing of the above has none of these. */
const needed = /[\d@=.:]/

/**
 * The message without what differs from event to event: `user 42 not found` → `user <int> not found`. In time
 * proportional to the message.
 */
export function parameterise(message: string): string {
  if (message.length > maxLength || !needed.test(message)) return message
  return replaceShapes(message, pattern)
}

function replaceShapes(text: string, by: RegExp, first = 0): string {
  return text.replaceAll(by, (match: string, ...groups: unknown[]) => {
    let at = first
    while (groups[at - first] === undefined) at++
    const shape = shapes[at]!
    if (shape.is && !shape.is(match)) return replaceShapes(match, later[at]!, at + 1)
    return `<${shape.name}>`
  })
}

/** The first two lines that are not empty, which is what a message is known by; `...` where there are more. */
export function firstLines(message: string): string {
  const lines = message.split(/\r\n|\r|\n/, 200).filter((line) => line.trim() !== '')
  if (lines.length === 0) return ''
  const kept = lines
    .slice(0, 2)
    .map((line) => line.trim())
    .join('\n')
  return lines.length > 2 ? `${kept}...` : kept
}
