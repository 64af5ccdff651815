import { describe, expect, it } from 'vitest'
import { groupingRules } from '../../../../errors/grouping/rules.ts'
import { RuleError } from '../../../../errors/grouping/rules/position.ts'
import { parseStackTraceRules } from '../../../../errors/grouping/rules/stack_trace_rules.ts'
import type { Frame, SentryException } from '../../../../errors/event/sentry_event.ts'
import { grouped, thrown } from '../events.ts'

const frames: Frame[] = [
  { function: 'main', filename: 'main.py', module: 'main', in_app: true },
  { function: 'dispatch', filename: 'lib/web.py', module: 'web', in_app: false },
  { function: 'handle', filename: 'shop/cart.py', module: 'shop.cart', in_app: true },
  { function: 'execute', filename: 'lib/db.py', module: 'db', in_app: false },
]

/** Functions of the frames that contribute, by variant. */
function contributing(
  rules: string,
  given: Frame[] = frames,
  exception: SentryException = { type: 'DbError', value: 'timed out' },
) {
  const settings = { stackTraceRules: rules, builtInRules: false }
  const { variants } = grouped(thrown(exception, given), groupingRules(settings))
  const of = (name: string) => {
    const root = variants.find((one) => one.name === name)?.component
    const stack = root?.values
      .flatMap((one) => (typeof one === 'string' ? [] : one.values))
      .find((one) => typeof one !== 'string' && one.id === 'stacktrace')
    if (!stack || typeof stack === 'string' || !stack.contributes) return ''
    return stack.values
      .flatMap((frame) => {
        if (typeof frame === 'string' || !frame.contributes) return []
        const name = frame.values.find((one) => typeof one !== 'string' && one.id === 'function')
        return name && typeof name !== 'string' ? [name.text] : []
      })
      .join(' ')
  }
  return { app: of('app'), system: of('system') }
}

describe('stack-trace rules', () => {
  it('change nothing where there are none', () => {
    expect(contributing('')).toEqual({
      app: 'main handle',
      system: 'main dispatch handle execute',
    })
  })

  it.each([
    ['stack.function:handle -app', 'main'],
    ['function:execute +app', 'main handle execute'],
    ['stack.module:shop.* -app', 'main'],
    ['stack.abs_path:**/lib/** +app', 'main dispatch handle execute'],
    ['path:LIB/** +app', 'main dispatch handle execute'],
    ['!path:**/lib/** -app', ''],
    ['family:other function:main -app', 'handle'],
    ['family:native,javascript function:main -app', 'main handle'],
    ['family:all function:main -app', 'handle'],
    ['platform:python function:main -app', 'handle'],
    ['platform:ruby function:main -app', 'main handle'],
    ['app:no +app', 'main dispatch handle execute'],
    ['app:yes -app', ''],
    ['error.type:DbError function:execute +app', 'main handle execute'],
    ['type:Other function:execute +app', 'main handle'],
    ['value:"*TIMED out" function:execute +app', 'main handle execute'],
    ['!value:"*timed out" function:execute +app', 'main handle'],
    ['error.mechanism:generic function:execute +app', 'main handle'],
    ['function:handle ^+app', 'main handle execute'],
    ['function:handle v-app', 'handle'],
    ['function:main -app\nfunction:main +app', 'main handle'],
    ['function:main -app # why not', 'handle'],
    ['# nothing\n\n  function:main -app', 'handle'],
    ['[function:main] | function:dispatch +app', 'main dispatch handle'],
    ['[function:other] | function:dispatch +app', 'main handle'],
    ['function:dispatch | [function:handle] +app', 'main dispatch handle'],
    ['[module:main] | function:dispatch | [module:shop.*] +app', 'main dispatch handle'],
    ['[function:main app:yes] | function:dispatch +app', 'main dispatch handle'],
    ['[function:[a-m]ain] | function:dispatch +app', 'main dispatch handle'],
    ['[function:handle] | function:main +app', 'main handle'],
    ['function:handle category=shop\ncategory:shop -app', 'main'],
    ['function:handle category=shop\n!category:shop -app', 'handle'],
    ['"function":"han*" -app', 'main'],
  ])('%s', (rules, app) => {
    expect(contributing(rules).app).toBe(app)
  })

  it.each([
    ['function:dispatch -group', 'main handle', 'main handle execute'],
    ['function:dispatch +group', 'main dispatch handle', 'main dispatch handle execute'],
    ['function:handle v-group', 'handle', 'handle execute'],
    ['function:handle ^-group', 'main handle', 'main dispatch handle'],
    ['function:* max-frames=1', 'handle', 'execute'],
    ['function:* max-frames=3', 'main handle', 'dispatch handle execute'],
    ['function:* max-frames=0', 'main handle', 'main dispatch handle execute'],
    ['function:* min-frames=3', '', 'main dispatch handle execute'],
    ['function:* min-frames=2', 'main handle', 'main dispatch handle execute'],
    ['function:* invert-stacktrace=1', 'handle main', 'execute handle dispatch main'],
    ['function:* invert-stacktrace=1 max-frames=1', 'main', 'main'],
    ['function:none max-frames=1', 'main handle', 'main dispatch handle execute'],
  ])('%s: app %j, system %j', (rules, app, system) => {
    // Where only one of the variants has frames left, the other is left out whole.
    expect(contributing(rules)).toEqual({ app, system })
  })

  it('say in the tree what they did', () => {
    const rules = groupingRules({ stackTraceRules: 'function:main -app\nfunction:handle -group' })
    const tree = JSON.stringify(grouped(thrown({ type: 'E' }, frames), rules).variants)
    expect(tree).toContain('marked out of app by stack trace rule (function:main)')
    expect(tree).toContain('ignored by stack trace rule (function:handle)')
  })

  it('of a project have the last word', () => {
    const frame = { function: 'f', abs_path: '/srv/vendor/x.php', in_app: true }
    const event = thrown({ type: 'E' }, [frame], { platform: 'php' })
    const isApp = (stackTraceRules: string) =>
      grouped(event, groupingRules({ stackTraceRules })).variants.find((one) => one.name === 'app')!
        .contributes
    expect(isApp('')).toBe(false)
    expect(isApp('stack.abs_path:**/vendor/** +app')).toBe(true)
  })

  it.each([
    ['function:a', 1, 11, 'expected what to do'],
    ['function: -app', 1, 10, 'function: says nothing'],
    ['function:a -ap', 1, 12, '"-ap" is no action'],
    ['# ok\nfunktion:a -app', 2, 1, 'there is no matcher "funktion"'],
    ['function:a\n', 1, 11, 'expected what to do'],
    ['family:web -app', 1, 8, 'there is no family "web"'],
    ['app:maybe -app', 1, 5, 'expected yes or no'],
    ['function:"a -app', 1, 10, 'no closing quote'],
    ['[function:a function:b -app', 1, 24, 'there is no matcher "-app"'],
    ['[function:a] function:b -app', 1, 14, 'expected "|"'],
    ['function:b | function:a -app', 1, 14, 'expected the callee'],
    ['function:a max-frames=many', 1, 23, 'expected a number'],
    ['function:a invert-stacktrace=x', 1, 30, 'expected yes or no'],
    ['function:a category=a/b', 1, 21, 'expected a name'],
    ['-app', 1, 1, 'there is no matcher "-app"'],
    [':x -app', 1, 1, 'expected a matcher'],
    [`function:${'a'.repeat(5000)} -app`, 1, 4097, 'at most 4096'],
  ])('%s is refused', (text, line, column, message) => {
    let failure: unknown
    try {
      parseStackTraceRules(text)
    } catch (thrownOne) {
      failure = thrownOne
    }
    expect(failure).toBeInstanceOf(RuleError)
    expect(failure).toMatchObject({ line, column })
    expect((failure as Error).message).toContain(message)
  })
})
