import { describe, expect, it } from 'vitest'
import { group } from '../../../../errors/grouping/group.ts'
import { groupingRules } from '../../../../errors/grouping/rules.ts'
import { RuleError } from '../../../../errors/grouping/rules/position.ts'
import { parseFingerprintRules } from '../../../../errors/grouping/rules/fingerprint_rules.ts'
import type { SentryEvent } from '../../../../errors/event/sentry_event.ts'
import { eventOf, logged, standard, thrown } from '../events.ts'

const event = thrown(
  { type: 'DbError', value: 'query 17 timed out' },
  [
    { function: 'handle', filename: 'shop/cart.py', module: 'shop.cart', in_app: true },
    {
      function: 'execute',
      filename: 'db.py',
      abs_path: '/usr/lib/db.py',
      module: 'db',
      package: '/opt/lib/pg.so',
      in_app: false,
    },
  ],
  {
    logger: 'shop.db',
    level: 'fatal',
    release: 'shop@1.2.3',
    environment: 'production',
    transaction: '/cart/{id}',
    sdk: { name: 'sentry.python' },
    tags: [['page', 'cart']],
  },
)

/** The fingerprint that rules give; undefined when none is about the event. */
function fingerprint(rules: string, of: SentryEvent = event): readonly string[] | undefined {
  const { variants } = group(of, groupingRules({ fingerprintRules: rules }))
  return variants.find((one) => one.values !== undefined && one.matchedRule !== undefined)?.values
}

describe('matchers', () => {
  it.each([
    'type:DbError -> x',
    'error.type:Db* -> x',
    'value:"*TIMED OUT" -> x',
    'error.value:"query ?? *" -> x',
    'message:"*timed out*" -> x',
    'logger:shop.* -> x',
    'level:fatal -> x',
    'release:shop@* -> x',
    'environment:production -> x',
    'sdk:sentry.python -> x',
    'tags.page:cart -> x',
    '"tags.page":"cart" -> x',
    'function:execute -> x',
    'stack.function:handle -> x',
    'module:shop.* -> x',
    'path:**/lib/*.py -> x',
    'stack.abs_path:shop/cart.py -> x',
    'package:**/pg.so -> x',
    'family:other -> x',
    'family:all -> x',
    'platform:python -> x',
    'function:handle app:yes -> x',
    'function:execute app:no -> x',
    'type:DbError function:execute logger:shop.* -> x',
    '!type:Other -> x',
    '!tags.page:home -> x',
    '!tags.none:home -> x',
    '!family:javascript -> x',
    '!message:other -> x',
  ])('%s fits', (rule) => {
    expect(fingerprint(rule)).toEqual(['x'])
  })

  it.each([
    'type:dberror -> x',
    'type:DbError value:other -> x',
    'logger:shop -> x',
    'tags.page:home -> x',
    'tags.constructor:* function:none -> x',
    'function:handle module:db -> x',
    'function:handle app:no -> x',
    'family:javascript -> x',
    '!type:DbError -> x',
    '!message:"*timed out*" -> x',
    '!logger:shop.* -> x',
  ])('%s does not', (rule) => {
    expect(fingerprint(rule)).toBeUndefined()
  })

  it('ask the event of a message too', () => {
    expect(fingerprint('message:"disk * full" -> x', logged('disk 7 full'))).toEqual(['x'])
    expect(fingerprint('value:"disk * full" -> x', logged('disk 7 full'))).toBeUndefined()
  })

  it('the first rule that fits decides', () => {
    expect(fingerprint('type:Other -> a\ntype:DbError -> b\ntype:* -> c')).toEqual(['b'])
  })
})

describe('fingerprints', () => {
  it.each([
    ['a, b', ['a', 'b']],
    ['a b', ['a', 'b']],
    ['"a, b" c', ['a, b', 'c']],
    ['{{ transaction }}', ['/cart/{id}']],
    ['{{transaction}}', ['/cart/{id}']],
    ['on-{{ tags.page }}-page', ['on-cart-page']],
    ['{{ type }}, {{ error.type }}', ['DbError', 'DbError']],
    ['{{ value }}, {{ error.value }}', ['query <int> timed out', 'query <int> timed out']],
    ['{{ message }}', ['query <int> timed out']],
    ['{{ function }}, {{ stack.function }}', ['handle', 'handle']],
    ['{{ module }}, {{ stack.module }}', ['shop.cart', 'shop.cart']],
    ['{{ path }}, {{ stack.filename }}', ['shop/cart.py', 'shop/cart.py']],
    ['{{ package }}', ['<no-package>']],
    ['{{ level }}, {{ logger }}', ['fatal', 'shop.db']],
    ['{{ tags.none }}', ['<no-value-for-tag-none>']],
    ['{{ unknown }}', ['{{ unknown }}']],
    ['{{ default }}, x', ['{{ default }}', 'x']],
    ['x # comment', ['x']],
    ['x title="A title"', ['x']],
  ])('%s', (text, expected) => {
    expect(fingerprint(`type:DbError -> ${text}`)).toEqual(expected)
  })

  it('say what is missing', () => {
    const rule =
      'platform:* -> {{ transaction }}, {{ type }}, {{ value }}, {{ message }}, {{ function }}, {{ path }}, {{ module }}, {{ package }}, {{ logger }}'
    expect(fingerprint(rule.replace('*', 'python'), eventOf())).toEqual([
      '<no-transaction>',
      '<no-type>',
      '<no-value>',
      '<no-message>',
      '<no-function>',
      '<no-abs-path>',
      '<no-module>',
      '<no-package>',
      '<no-logger>',
    ])
  })

  it('can give a title', () => {
    const rules = groupingRules({
      fingerprintRules: 'type:DbError -> db title="Database: {{ error.value }} on {{ tags.page }}"',
    })
    expect(group(event, rules).title).toBe('Database: query 17 timed out on cart')
  })

  it('outweigh what the SDK sent', () => {
    const sent = { ...event, fingerprint: ['mine'] }
    expect(fingerprint('type:DbError -> rule', sent)).toEqual(['rule'])
    const [variant] = group(
      sent,
      groupingRules({ fingerprintRules: 'type:DbError -> rule' }),
    ).variants
    expect(variant).toMatchObject({
      name: 'custom-fingerprint',
      clientValues: ['mine'],
      matchedRule: 'type:DbError -> rule',
    })
  })
})

describe('built-in rules', () => {
  const javascript = (type: string, value: string) =>
    thrown({ type, value }, [{ function: 'f', filename: 'a.js', in_app: true }], {
      platform: 'javascript',
    })

  it.each([
    ['ChunkLoadError', 'Loading chunk 42 failed.\n(error: https://a.example/42.js)'],
    ['Error', 'Loading CSS chunk 7 failed.'],
    ['TypeError', 'Failed to fetch dynamically imported module: https://a.example/x-1a2b3c4d.js'],
    ['TypeError', 'error loading dynamically imported module: https://a.example/x.js'],
    ['TypeError', 'Importing a module script failed.'],
  ])('%s: %s is a chunk that is gone', (type, value) => {
    const { variants, hashes } = group(javascript(type, value), standard)
    expect(variants[0]).toMatchObject({
      name: 'built-in-fingerprint',
      values: ['chunk-load-error'],
    })
    expect(hashes).toHaveLength(1)
  })

  it.each([
    'Hydration failed because the initial UI does not match what was rendered on the server.',
    'Minified React error #418; visit https://react.dev/errors/418 for the full message',
    'Text content does not match server-rendered HTML.',
  ])('%s is hydration', (value) => {
    expect(group(javascript('Error', value), standard).variants[0]).toMatchObject({
      values: ['hydration-error'],
    })
  })

  it('give way to what the SDK says, and to a switch', () => {
    const chunk = javascript('ChunkLoadError', 'Loading chunk 42 failed.')
    const sent = group({ ...chunk, fingerprint: ['mine'] }, standard)
    expect(sent.variants[0]).toMatchObject({ name: 'custom-fingerprint', values: ['mine'] })
    const without = group(chunk, groupingRules({ builtInRules: false }))
    expect(without.variants[0]!.name).toBe('app')
  })

  it('are about JavaScript alone', () => {
    const python = { ...javascript('Error', 'Loading chunk 42 failed.'), platform: 'python' }
    expect(group(python, standard).variants[0]!.name).toBe('app')
  })
})

describe('mistakes', () => {
  it.each([
    ['type:x', 1, 7, 'or "->"'],
    ['type:x ->', 1, 10, 'expected the fingerprint'],
    ['-> x', 1, 1, 'no matcher'],
    ['\n\ntipe:x -> y', 3, 1, 'there is no matcher "tipe"'],
    ['type:x -> "a', 1, 11, 'no closing quote'],
    ['type:x -> {{ a', 1, 15, 'expected "}}"'],
    ['type:x -> a title=', 1, 19, 'expected a title'],
    ['type:x -> a title="b" c', 1, 23, 'nothing comes behind'],
    ['type:x -> ,', 1, 11, 'expected a part'],
    ['category:x -> y', 1, 1, 'there is no matcher'],
  ])('%j', (text, line, column, message) => {
    let failure: unknown
    try {
      parseFingerprintRules(text)
    } catch (thrownOne) {
      failure = thrownOne
    }
    expect(failure).toBeInstanceOf(RuleError)
    expect(failure).toMatchObject({ line, column })
    expect((failure as Error).message).toContain(message)
  })
})
