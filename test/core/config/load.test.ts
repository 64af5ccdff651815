import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readConfig } from '../../../core/config/load.ts'
import { formatProblem } from '../../../core/config/problem.ts'
import { Secret, secret } from '../../../core/config/secret.ts'
import { definer, registry } from '../../../core/plugin.ts'
import { duration, size } from '../../../core/units.ts'

const define = definer<[], string, { id: z.ZodOptional<z.ZodString> }>({
  id: z.string().optional(),
})
const kinds = registry([
  define('tail', 'files', { paths: z.array(z.string()).min(1) }, () => 'tail'),
  define(
    'http_sink',
    'http',
    { hosts: z.array(z.string()), password: secret().optional() },
    () => '',
  ),
])
const schema = z.strictObject({
  name: z.string().default('weir'),
  port: z.int().min(1).max(65_535).default(4400),
  on: z.boolean().default(false),
  password: secret().optional(),
  wait: duration().default(1000),
  room: size().default(1),
  level: z.enum(['info', 'warn']).default('info'),
  keys_max: z.int().min(10).default(50),
  list: z.union([z.string(), z.array(z.string())]).default([]),
  parts: z.array(kinds.schema).default([]),
  inner: z.strictObject({ flush_interval: duration().default(5) }).prefault({}),
})

const read = (
  text: string | undefined,
  environment: Record<string, string> = {},
  flags: { path: string[]; value: unknown; flag: string }[] = [],
) =>
  readConfig(schema, {
    file: text === undefined ? undefined : { name: 'w.yaml', text },
    environment,
    flags,
  })
const configOf = (...args: Parameters<typeof read>) => {
  const result = read(...args)
  if (result.problems) throw new Error(result.problems.map(formatProblem).join('\n'))
  return result.config
}
const problemsOf = (...args: Parameters<typeof read>) =>
  (read(...args).problems ?? []).map(formatProblem)

describe('values', () => {
  test('everything has a default', () => {
    for (const text of [undefined, '', '# nothing\n', '{}']) {
      const config = configOf(text)
      expect(config).toMatchObject({ name: 'weir', port: 4400, inner: { flush_interval: 5 } })
    }
  })

  test('flags go before the environment, that before the file, that before defaults', () => {
    const file = 'name: file\nport: 1\nwait: 1s\n'
    const environment = { WEIR_NAME: 'environment', WEIR_WAIT: '2s' }
    const flags = [{ path: ['name'], value: 'flag', flag: '--name' }]
    const { name, port, wait, level } = configOf(file, environment, flags)
    expect({ name, port, wait, level }).toEqual({
      name: 'flag',
      port: 1,
      wait: 2000,
      level: 'info',
    })
  })

  test('the environment reaches nested keys, lists and items of lists', () => {
    const config = configOf('parts: [{type: tail, paths: [a]}]', {
      WEIR_INNER__FLUSH_INTERVAL: '10s',
      WEIR_LIST: '[a, b]',
      WEIR_PARTS__0__ID: 'first',
      WEIR_PARTS__1: '{type: tail, paths: [b]}',
      WEIR_ON: 'true',
      WEIR_NAME: '',
    })
    expect(config).toMatchObject({
      name: 'weir',
      inner: { flush_interval: 10_000 },
      list: ['a', 'b'],
      on: true,
      parts: [
        { type: 'tail', id: 'first', paths: ['a'] },
        { type: 'tail', paths: ['b'] },
      ],
    })
  })

  test('a variable that looks like a number is a text where a text is wanted', () => {
    expect(configOf(undefined, { WEIR_PASSWORD: '12345' }).password?.reveal()).toBe('12345')
    expect(configOf('name: ${N}', { N: '007' }).name).toBe('007')
    expect(configOf('port: ${N}', { N: '80' }).port).toBe(80)
    expect(configOf('on: ${N:-true}').on).toBe(true)
  })

  test('in quotes a variable alone is a number or a boolean where one is wanted', () => {
    expect(configOf('{ port: "${N:-2}", on: \'${F:-true}\' }')).toMatchObject({ port: 2, on: true })
    expect(configOf('name: "${N}"', { N: '007' }).name).toBe('007')
    expect(problemsOf('port: "8${N}"', { N: '0' })).toEqual([
      'w.yaml:1:7: port: expected a number, got "80"',
    ])
    expect(problemsOf('port: "80"')).toEqual(['w.yaml:1:7: port: expected a number, got "80"'])
  })

  test('variables that Kubernetes sets for a service named weir are no settings', () => {
    const environment = {
      WEIR_SERVICE_HOST: '10.0.0.1',
      WEIR_SERVICE_PORT_HTTP: '4400',
      WEIR_PORT: 'tcp://10.0.0.1:4400',
      WEIR_PORT_4400_TCP_ADDR: '10.0.0.1',
    }
    expect(problemsOf(undefined, environment)).toEqual([])
  })

  test('anchors and merge keys work, and what is merged is found', () => {
    const text =
      'inner: &i { flush_interval: 1s }\nparts:\n  - &p { type: tail, paths: [x] }\n  - <<: *p\n    id: b\n'
    expect(configOf(text).parts).toEqual([
      { type: 'tail', paths: ['x'] },
      { type: 'tail', paths: ['x'], id: 'b' },
    ])
  })

  test('the result is frozen, all the way down', () => {
    const config = configOf('parts: [{type: tail, paths: [a]}]')
    expect(Object.isFrozen(config.parts[0]?.['paths'])).toBe(true)
    expect(Object.isFrozen(config.inner)).toBe(true)
  })

  test('a number is no secret where one is wanted, whatever its key is called', () => {
    expect(problemsOf('keys_max: 3\n')).toEqual([
      'w.yaml:1:11: keys_max: expected at least 10, got 3',
    ])
    expect(problemsOf('keys_max: 10.5\n')).toEqual([
      'w.yaml:1:11: keys_max: expected a whole number, got 10.5',
    ])
    expect(problemsOf('password: 12345\nkeys_max: hunter2\n').join()).not.toMatch(/12345|hunter2/)
  })

  test('a secret never prints', () => {
    const { password } = configOf('password: hunter2')
    expect(password).toBeInstanceOf(Secret)
    expect(`${password} ${JSON.stringify({ password })}`).not.toContain('hunter2')
    expect(problemsOf('password: [hunter2]').join()).not.toContain('hunter2')
    expect(problemsOf('password: 2222').join()).not.toContain('2222')
  })
})

describe('mistakes', () => {
  const cases: [name: string, text: string, problems: string[]][] = [
    [
      'an unknown key: the nearest',
      'porrt: 1\ninner:\n  flush_intervall: 1s\n',
      [
        'w.yaml:1:1: porrt: unknown key "porrt": did you mean "port"?',
        'w.yaml:3:3: inner.flush_intervall: unknown key "flush_intervall": did you mean "flush_interval"?',
      ],
    ],
    [
      'an unknown key: what there is',
      'inner: { zzz: 1 }',
      ['w.yaml:1:10: inner.zzz: unknown key "zzz": known here: flush_interval'],
    ],
    [
      'keys that mean something to JavaScript',
      'constructor: 1\n__proto__: { a: 1 }\n',
      ['constructor', '__proto__'].map(
        (key, line) =>
          `w.yaml:${line + 1}:1: ${key}: unknown key "${key}": known here: name, port, on, password, wait, room, level, keys_max, list, parts, inner`,
      ),
    ],
    [
      'only the chosen type is complained about',
      'parts:\n  - type: http_sink\n    hots: [a]\n  - type: tial\n  - paths: [x]\n',
      [
        'w.yaml:2:5: parts[0].hosts: is missing: expected a list',
        'w.yaml:3:5: parts[0].hots: unknown key "hots": did you mean "hosts"?',
        'w.yaml:4:11: parts[1].type: there is no type "tial": did you mean "tail"? the types are tail, http_sink',
        'w.yaml:5:5: parts[2].type: is missing: one of tail, http_sink',
      ],
    ],
    [
      'units',
      'wait: 10\nroom: 10XB\n',
      [
        'w.yaml:1:7: wait: expected a duration, got 10: write a number and a unit, such as 250ms, 10s, 5m, 1h30m or 14d',
        'w.yaml:2:7: room: "10XB" is not a size: write a number and a unit, such as 512KiB, 10MB or 1GB',
      ],
    ],
    [
      'ranges, choices, kinds',
      'port: 70000\nlevel: wran\nname: 1\nlist: {a: 1}\nparts: 3\n',
      [
        'w.yaml:1:7: port: expected at most 65535, got 70000',
        'w.yaml:2:8: level: expected one of info, warn, got "wran": did you mean "warn"?',
        'w.yaml:3:7: name: expected a text, got 1: put it in quotes',
        'w.yaml:4:7: list: expected a text or a list, got a map',
        'w.yaml:5:8: parts: expected a list, got 3',
      ],
    ],
    [
      'within the fitting branch of a union',
      'list: [a, 2]',
      ['w.yaml:1:11: list[1]: expected a text, got 2: put it in quotes'],
    ],
    [
      'a variable without a value, beside other mistakes',
      'name: "${NOPE}"\npport: 1\n',
      [
        'w.yaml:1:7: name: environment variable NOPE is not set: set it, or write ${NOPE:-default}',
        'w.yaml:2:1: pport: unknown key "pport": did you mean "port"?',
      ],
    ],
    ['a key twice', 'port: 1\nport: 2\n', ['w.yaml:2:1: Map keys must be unique']],
    ['no map at all', '- a\n', ['w.yaml:1:1: expected a map of keys and values, got a list']],
    ['not YAML', 'a: [1\nb: 2', [expect.stringMatching(/^w\.yaml:\d+:\d+: \S/) as string]],
  ]
  test.each(cases)('%s', (_name, text, problems) => {
    const found = problemsOf(text)
    if (problems.length === 1 && typeof problems[0] !== 'string')
      expect(found[0]).toEqual(problems[0])
    else expect(found).toEqual(problems)
  })

  test('a text where a map has to be is refused, whatever flags and variables say of its keys', () => {
    const flags = [{ path: ['inner', 'flush_interval'], value: 1, flag: '--flush' }]
    expect(problemsOf('5\n', {}, flags)).toEqual([
      'w.yaml:1:1: expected a map of keys and values, got 5',
    ])
    expect(problemsOf('inner: x\n', { WEIR_INNER__FLUSH_INTERVAL: '1' }, flags)).toEqual([
      'w.yaml:1:8: inner: expected a map of keys and values, got "x"',
    ])
  })

  test('in the environment and in flags they are named after these', () => {
    const flags = [{ path: ['level'], value: 'loud', flag: '--level' }]
    expect(problemsOf('x: 1\n', { WEIR_INNER__X: '1', WEIR_PORRT: '1' }, flags)).toEqual([
      expect.stringMatching(/^w\.yaml:1:1: x: unknown key "x"/),
      '--level: level: expected one of info, warn, got "loud"',
      'environment: WEIR_INNER__X: inner.x: unknown key "x": known here: flush_interval',
      'environment: WEIR_PORRT: porrt: unknown key "porrt": did you mean "port"?',
    ])
  })

  test('a key that a variable makes is blamed on the variable, not on the file', () => {
    const environment = { WEIR_COLECTOR__X: '1' }
    const problem = expect.stringMatching(/^environment: WEIR_COLECTOR__X: colector: unknown key/)
    expect(problemsOf('port: 1\n', environment)).toEqual([problem])
    expect(problemsOf('colector: {}\n', environment)).toEqual([
      expect.stringMatching(/^w\.yaml:1:1: colector: unknown key/),
    ])
  })

  test('an alias bomb is refused', () => {
    let text = 'a: &a [x,x,x,x,x,x,x,x,x,x]\n'
    for (let i = 1; i < 9; i++) {
      const before = String.fromCharCode(96 + i)
      const name = String.fromCharCode(97 + i)
      text += `${name}: &${name} [${`*${before},`.repeat(9)}*${before}]\n`
    }
    expect(problemsOf(text)).toHaveLength(1)
  })
})
