import { describe, expect, it } from 'vitest'
import type { Frame, SentryException } from '../../../errors/event/sentry_event.ts'
import { eventOf, grouped, logged, thrown } from './events.ts'

const frames: Frame[] = [
  { module: 'app.cart', filename: 'app/cart.py', function: 'add', in_app: true },
  { module: 'lib.db', filename: 'lib/db.py', function: 'execute', in_app: false },
]

describe('titles', () => {
  it.each([
    [thrown({ type: 'E', value: 'first\nsecond' }, []), 'E: first'],
    [thrown({ type: 'E', value: '\n  first' }, []), 'E: first'],
    [thrown({ type: 'E' }, frames), 'E'],
    [thrown({ value: 'only this' }, frames), 'only this'],
    [thrown({}, frames), 'add'],
    [thrown({}, []), '<unknown>'],
    [logged('hello\nworld'), 'hello'],
    [eventOf(), '<unlabeled event>'],
  ])('%#', (event, title) => {
    expect(grouped(event).title).toBe(title)
  })

  it('have at most 256 characters, none of them halved', () => {
    const { title, value } = grouped(thrown({ type: 'E', value: '😀'.repeat(2000) }, []))
    expect(title.length).toBeLessThanOrEqual(256)
    expect(title).toMatch(/^E: (?:😀)+\.\.\.$/u)
    expect(value.length).toBeLessThanOrEqual(1024)
    expect(title.isWellFormed() && value.isWellFormed()).toBe(true)
  })

  it('of a crash are where it was', () => {
    const crash = {
      type: 'SIGSEGV',
      value: 'bad access',
      mechanism: { type: 'signal', synthetic: true },
    }
    expect(grouped(thrown(crash, frames, { platform: 'native' })).title).toBe('add')
    expect(grouped(thrown(crash, frames, { platform: 'javascript' })).title).toBe(
      'SIGSEGV: bad access',
    )
  })
})

describe('culprits', () => {
  it('are the transaction, else the last frame of the application', () => {
    expect(grouped(thrown({ type: 'E' }, frames, { transaction: '/cart' })).culprit).toBe('/cart')
    expect(grouped(thrown({ type: 'E' }, frames))).toMatchObject({
      culprit: 'app.cart in add',
      location: 'app/cart.py',
      function: 'add',
    })
  })

  it('are the last frame where none is of the application', () => {
    expect(grouped(thrown({ type: 'E' }, [frames[1]!])).culprit).toBe('lib.db in execute')
  })

  it.each<[Frame, string]>([
    [{ filename: 'a.c', function: 'f' }, 'a.c in f'],
    [{ filename: 'a.c' }, 'a.c'],
    [{ function: 'f' }, 'f'],
    [{}, ''],
  ])('of %j', (frame, culprit) => {
    expect(grouped(thrown({ type: 'E' }, [{ ...frame, in_app: true }])).culprit).toBe(culprit)
  })
})

describe('what an event is called by', () => {
  const title = (...values: SentryException[]) => grouped(eventOf({ exception: { values } })).title

  it('is what was reported, not what caused it', () => {
    expect(title({ type: 'Inner', value: 'a' }, { type: 'Outer', value: 'b' })).toBe('Outer: b')
  })

  it('is what React recovered from', () => {
    const wrapper = {
      type: 'Error',
      value:
        'There was an error during concurrent rendering but React was able to recover by instead synchronously rendering the entire root.',
    }
    expect(title({ type: 'TypeError', value: 'a is null' }, wrapper)).toBe('TypeError: a is null')
    expect(title(wrapper)).toMatch(/^Error: There was an error during concurrent rendering/)
  })

  it('is what RxJava could not deliver', () => {
    const wrapper = {
      type: 'UndeliverableException',
      module: 'io.reactivex.rxjava3.exceptions',
      value: 'could not be delivered',
    }
    expect(title({ type: 'IOException', value: 'reset' }, wrapper)).toBe('IOException: reset')
    expect(title({ type: 'IOException', value: 'reset' }, { ...wrapper, module: 'com.shop' })).toBe(
      'UndeliverableException: could not be delivered',
    )
  })
})
