/** What the whole config refuses beyond the types of its keys, so that `start` ends with 78. */
import { expect, test } from 'vitest'
import { rootSchema } from '../config.ts'
import { readConfig } from '../core/config/load.ts'
import { formatProblem } from '../core/config/problem.ts'

const problemsOf = (text: string) => {
  const result = readConfig(rootSchema, { file: { name: 'w.yaml', text }, environment: {} })
  return result.problems?.map(formatProblem) ?? []
}
const withInputs = (...inputs: string[]) =>
  problemsOf(`collector:\n  inputs:\n${inputs.map((input) => `    - ${input}\n`).join('')}`)

test.each([
  [
    '{ type: http, parser: { type: regexp, expression: "(" } }',
    /^w\.yaml:3:57: collector\.inputs\[0\]\.parser\.expression: Invalid regular expression/,
  ],
  ['{ type: http, parser: { type: json, types: "a:wrong" } }', /w\.yaml:3:50: .*no known type/],
  ['{ type: http, parser: regexp }', /parser: is missing: expected a text/],
  ['{ type: http, tag: "a b" }', /3:26: .*tag: a tag has 1 to 200 characters, without spaces/],
  ['{ type: tail, paths: [logs/a.log] }', /paths\[0\]: "logs\/a\.log" is not an absolute path/],
  ['{ type: tail, paths: [/l/a.log.gz] }', /paths\[0\]: a compressed file is not followed/],
  ['{ type: tail, paths: [/l/*], exclude_paths: ["*.tmp"] }', /is not an absolute path/],
  [
    '{ type: tail, paths: [/l/a], multiline: { start_pattern: a, continue_pattern: b } }',
    /multiline: choose start_pattern or continue_pattern/,
  ],
  ['{ type: unix, path: /l/s, mode: datagram }', /mode: .*npm install node-unix-socket/],
  ['{ type: unix, path: /l/s, mode: datagram, framing: nul }', /mode: .*takes lines/],
])('%s is refused', (input, problem) => {
  const problems = withInputs(input)
  expect(problems).toEqual([expect.stringMatching(problem)])
})

test.each([
  ['{ type: http }', '{ type: http, id: second }', 'inputs[0] takes all of /in/<tag> already'],
  [
    '{ type: tcp, listen: 5000 }',
    '{ type: tcp, id: second, listen: "127.0.0.1:5000" }',
    'inputs[0] listens on tcp://0.0.0.0:5000',
  ],
  [
    '{ type: udp, listen: "[::]:5000" }',
    '{ type: udp, id: second, listen: 5000 }',
    'inputs[0] listens on udp://[::]:5000',
  ],
  [
    '{ type: unix, path: /l/s }',
    '{ type: unix, id: second, path: /l/s }',
    'inputs[0] listens on unix:///l/s',
  ],
])('%s and %s together are refused', (one, other, problem) => {
  const problems = withInputs(one, other)
  expect(problems).toEqual([expect.stringContaining(problem)])
  expect(problems[0]).toMatch(/^w\.yaml:4:\d+: collector\.inputs\[1\]/)
})

test.each(['foo:bar', '["127.0.0.1:4400", "foo:bar"]'])(
  'of addresses %s the wrong one is named',
  (listen) => {
    const problem = /^w\.yaml:1:\d+: http\.listen(\[1\])?: "foo:bar" is no address: write host:port/
    expect(problemsOf(`http: { listen: ${listen} }`)).toEqual([expect.stringMatching(problem)])
  },
)

test('inputs that do not get in each other’s way', () => {
  const inputs = [
    '{ type: tcp, listen: 5000 }',
    '{ type: udp, listen: 5000 }',
    '{ type: tcp, id: b, listen: ["127.0.0.1:5001", "127.0.0.2:5001"] }',
    '{ type: udp, id: c, listen: [":0", ":0"] }',
    '{ type: tcp, id: d, listen: ["0.0.0.0:5002", "[::1]:5002"] }',
  ]
  expect(withInputs(...inputs)).toEqual([])
})

test.each([
  ['collector: { on_error: { tag: a b } }', /on_error\.tag: a tag has/],
  ['collector: { filters: [{ type: grep }] }', /filters\[0\]: grep without a condition/],
  ['collector: { namespace: My-Shop }', /namespace: a namespace has 1 to 100 characters/],
  ['http: { tokens: [{ name: a, secret: short }] }', /secret: must have at least 16 characters/],
])('%s is refused', (text, problem) => {
  expect(problemsOf(text)).toEqual([expect.stringMatching(problem)])
})

test('no other output has the id of the store', () => {
  const outputs = (text: string) => problemsOf(`collector:\n  outputs:\n    - ${text}\n`)
  expect(outputs('{ type: "null", id: store }')).toEqual([
    expect.stringContaining('outputs[0].id: the id "store" is that of the store'),
  ])
  expect(outputs('{ type: store }')).toEqual([])
})
