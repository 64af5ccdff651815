import * as fc from 'fast-check'

/** Lines to start from: one for each turn a parser can take. */
export const seeds: readonly string[] = [
  '{"@timestamp":"2026-11-21T10:17:37.123Z","message":"hello","n":1}',
  '{"a":{"b":[1,2,{"c":"d"}]},"@timestamp":"2026-11-21T10:17:37+09:00","e":-1.5e+3,"f":null,"g":true,"h":false}',
  '{"host":"a","log":"b","source":"c"}',
  '{"host":{"name":"a"},"log.file":1}',
  '{"k":"\\u00e9\\ud83d\\ude00\\n\\\\","é":"ü€😀"}',
  ' { "a" : 12345678901234567890 , "b" : [ ] , "c" : { } } ',
  '{"a":1,"a":2,"\\u0061":3,"__proto__":{"constructor":1},"":0}',
  '{"time":1445680800.5,"a":0}',
  '83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a/b?c=d HTTP/1.1" 200 203023 "http://e.com/" "Mozilla/5.0 (X11) \\x22"',
  '::1 - al ice [17/May/2015:10:05:03 -0930] "\\x16\\x03" 400 - "-" "-" "1.2.3.4, ::1"',
  'h - - [28/Feb/2013:12:00:00 +0900] "POST /é \\" HTTP/2.0" 000 0 "-" "x" "unknown"',
  '<34>Oct 11 22:14:15 mymachine su[12]: failed',
  '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 app 8710 ID47 [ex@1 a="b\\\\]c"][x y="z"] text',
  'Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user',
  '2026-11-21T10:00:00Z [info] 12 text',
]

const tokens = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u',
  '\\ud83d',
  '\\ude00',
  '\\u0000',
  '-',
  '0',
  '1e',
  '.5',
  'E+1',
  'null',
  'true',
  'fals',
  ' ',
  '\t',
  '\n',
  '\r',
  '\0',
  '\x1f',
  '\x7f',
  '"a":1,',
  ',"@timestamp":',
  '"host":',
  '"log.x":',
  '<',
  '>',
  '<191>1 ',
  '-',
  '"-"',
  '=',
  '9999',
  '0000-00-00T00:00:00Z',
  '[17/May/2015:10:05:03 +0000]',
  '1'.repeat(20),
  '{"a":'.repeat(120),
]
  .map((text) => Buffer.from(text))
  .concat(
    [
      [0x80],
      [0xc3],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xef, 0xbb, 0xbf],
      [0xf0, 0x9f, 0x98],
    ].map((bytes) => Buffer.from(bytes)),
  )

const change = fc.oneof(
  fc.record({ at: fc.nat(400), cut: fc.nat(3), put: fc.constantFrom(...tokens) }),
  fc.record({ at: fc.nat(400), cut: fc.nat(1), put: fc.uint8Array({ maxLength: 3 }) }),
  fc.record({ at: fc.nat(400), cut: fc.nat(400), put: fc.constant(new Uint8Array(0)) }),
)

/** Of code points: fast-check's own `binary` strings take 0.8 s to begin with, of a check's 20. */
const anyText = fc
  .array(fc.nat(0x10_ff_ff), { maxLength: 12 })
  .map((codes) => String.fromCodePoint(...codes))

/** Seeds with a few changes, and any bytes at all. */
export const messages: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...seeds), fc.array(change, { maxLength: 4 }))
      .map(([seed, changes]) => {
        let bytes: Uint8Array = Buffer.from(seed)
        for (const { at, cut, put } of changes) {
          const place = at % (bytes.length + 1)
          bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)])
        }
        return bytes
      }),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)) },
  {
    weight: 2,
    arbitrary: fc
      .dictionary(
        fc.oneof(
          fc.string(),
          anyText,
          fc.constantFrom('@timestamp', 'host', 'log', 'time', '__proto__', 'source.ip'),
        ),
        fc.oneof(
          fc.jsonValue(),
          fc.constantFrom('2026-11-21T10:17:37.123456Z', '2026-02-30T00:00:00Z', 1445680800424),
        ),
      )
      .map((object) => Buffer.from(JSON.stringify(object))),
  },
)
