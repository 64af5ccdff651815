import fc from 'fast-check'

/** Parts of which lines are made: right ones, odd ones, and those that end Etsy's statsd. */
const names = [
  'a',
  'b.c',
  'page.views',
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  '',
  '..',
  ' ',
  'a b',
  'a  \t b',
  'a/b',
  '/',
  'é',
  'caf\u00e9',
  '\u00a0',
  'x\u2003y',
  '😀',
  'a\0b',
  '\0',
  'a;k=v',
  'a;b=1;a=2',
  'a;a=2;b=1',
  'a;;',
  'a;k',
  'a,k=v',
  'A_-9',
  'a%b',
  'a"b',
  'averyveryverylongname.with.parts',
  'abc',
  'abcd',
  'abcde',
  '\r',
  '_e{1,1}',
  '_sc',
]
const values = [
  '1',
  '0',
  '-1',
  '+1',
  '3.5',
  '-0',
  '-0.5',
  '+0',
  '',
  ' ',
  ' 7',
  '7 ',
  '0x1F',
  '0b11',
  '0o7',
  '-0x1',
  '1e3',
  '1e-3',
  '1E400',
  '1e308',
  '-1e308',
  'Infinity',
  '-Infinity',
  'NaN',
  'nan',
  '.5',
  '5.',
  '.',
  '-',
  '+',
  '--1',
  '1.2.3',
  '1_000',
  '１',
  'x',
  '999999999999999',
  '9999999999999999',
  '123456789012345678901234567890',
  '0.1',
  '0.2',
  '0.30000000000000004',
  '1.7976931348623157e308',
  '5e-324',
  '0000000000000000001',
  '\u00a01',
  '1\0',
]
const types = [
  'c',
  'ms',
  'g',
  's',
  'h',
  'd',
  'm',
  'zzz',
  '',
  ' ',
  'c ',
  ' ms',
  'ms ',
  'g\r',
  's ',
  ' s',
  '\u00a0g',
  'cc',
]
const rates = [
  '',
  '@1',
  '@0.5',
  '@.1',
  '@1.',
  '@0',
  '@0.0',
  '@2',
  '@-1',
  '@',
  '@ 0.5',
  '@+0.5',
  '@1e-1',
  '@2e-1',
  '@0x10',
  '@Infinity',
  '@NaN',
  '@1.5.5',
  '@.',
  '@1|',
  '0.5',
  '@1|x',
  '@0.5\r',
  '@1e400',
  '@00.1',
  'x',
]
const tags = [
  '',
  'k:v',
  'k=v',
  'k',
  'b:1,a:2',
  'a:2,b:1',
  'a:b:c',
  'a;b;c',
  ',',
  'k:v,',
  'k:é',
  't|@0.5',
  'x|#y',
  ' a : b ',
]

const line = fc
  .record({
    name: fc.constantFrom(...names),
    bits: fc.array(
      fc.tuple(
        fc.oneof(fc.constantFrom(...values), fc.double().map(String), fc.integer().map(String)),
        fc.option(fc.constantFrom(...types), { nil: undefined, freq: 8 }),
        fc.option(fc.constantFrom(...rates), { nil: undefined, freq: 2 }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    tags: fc.option(fc.constantFrom(...tags), { nil: undefined, freq: 1 }),
  })
  .map(({ name, bits, tags: tagText }) => {
    const texts = bits.map((parts) => parts.filter((part) => part !== undefined).join('|'))
    return `${[name, ...texts].join(':')}${tagText === undefined ? '' : `|#${tagText}`}`
  })

/** The most frequent kind of lines, so that the fast way through has its share. */
const plainLine = fc
  .tuple(
    fc.constantFrom('a', 'b.c', 'page.views', 'constructor', '__proto__', 'abcd', 'abcde', 'A_-9'),
    fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.float({ noNaN: true })).map(String),
    fc.constantFrom('c', 'ms', 'g', 's'),
    fc.constantFrom('', '', '|@0.1', '|@0.25', '|@1'),
  )
  .map(([name, value, type, rate]) => `${name}:${value}|${type}${rate}`)

const soup = fc
  .array(fc.constantFrom(...Array.from(':|#@;,=\n\r\0 ./-+0123456789acdghmsxé😀_e{}')), {
    maxLength: 40,
  })
  .map((characters) => characters.join(''))

const text = fc
  .array(fc.oneof({ weight: 5, arbitrary: plainLine }, { weight: 5, arbitrary: line }, soup), {
    maxLength: 6,
  })
  .chain((lines) =>
    fc.constantFrom('\n', '\n', '\r\n', '\n\n').map((separator) => lines.join(separator)),
  )

/** Packets: texts, texts with single bytes changed, and any bytes. */
export const packets: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 8, arbitrary: text.map((each) => Buffer.from(each)) },
  {
    weight: 2,
    arbitrary: fc.tuple(text, fc.nat(), fc.nat(255)).map(([each, at, byte]) => {
      const bytes = Buffer.from(each)
      if (bytes.length > 0) bytes[at % bytes.length] = byte
      return bytes
    }),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }).map((each) => Buffer.from(each)) },
)
