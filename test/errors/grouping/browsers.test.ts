import { describe, expect, it } from 'vitest'
import { eventBounds } from '../../../errors/event/bounds.ts'
import { normalise } from '../../../errors/event/normalise.ts'
import type { SentryEvent } from '../../../errors/event/sentry_event.ts'
import type { JsonRecord } from '../../../store/search.ts'
import { grouped, isSameIssue } from './events.ts'

const bounds = eventBounds.parse({})
const app = 'https://shop.example/static/app.js'

type Line = readonly [name: string, line?: number, file?: string]

/** What the SDK of a browser sends: names and files as its parser of that engine's stacks yields them. */
function reported(type: string, value: string, lines: readonly Line[]): SentryEvent {
  const frames = lines.map(([name, line = 1, filename = app]): JsonRecord => {
    return {
      filename,
      function: name === '' ? '?' : name,
      in_app: true,
      lineno: line,
      colno: line + 2,
    }
  })
  const raw: JsonRecord = {
    platform: 'javascript',
    exception: {
      values: [
        {
          type,
          value,
          stacktrace: { frames },
          mechanism: { type: 'generic', handled: true },
        },
      ],
    },
  }
  return normalise(raw, { receivedMs: 1.79e12, newEventId: () => '0'.repeat(32), bounds })
}

/** One error as three engines write it down; from the outermost frame to the one that threw. */
const errors: Record<string, Record<string, SentryEvent>> = {
  'a method, a constructor, an async function, a native callback, a listener': {
    chrome: reported('TypeError', "Cannot read properties of undefined (reading 'push')", [
      ['HTMLButtonElement.<anonymous>', 50],
      ['async load', 40],
      ['Array.forEach', 1, '<anonymous>'],
      ['Object.start [as onStart]', 30],
      ['new Checkout', 20],
      ['Cart.add', 10],
    ]),
    edge: reported('TypeError', "Cannot read properties of undefined (reading 'push')", [
      ['HTMLButtonElement.<anonymous>', 50],
      ['async load', 40],
      ['Array.forEach', 1, '<anonymous>'],
      ['Object.start', 30],
      ['new Checkout', 20],
      ['Cart.add', 10],
    ]),
    firefox: reported('TypeError', 'can\'t access property "push", this.items is undefined', [
      ['EventListener.handleEvent*setUp', 60],
      ['setUp/<', 50],
      ['async*load', 40],
      ['start', 30],
      ['Checkout', 20],
      ['add', 10],
    ]),
    'old firefox': reported('TypeError', 'this.items is undefined', [
      ['setUp/<', 50],
      ['load', 40],
      ['Page/this.start', 30],
      ['Checkout', 20],
      ['Cart.prototype.add', 10],
    ]),
    safari: reported('TypeError', "undefined is not an object (evaluating 'this.items.push')", [
      ['', 50],
      ['load', 40],
      ['forEach', 1, '[native code]'],
      ['start', 30],
      ['Checkout', 20],
      ['add', 10],
    ]),
  },
  'evaluated code': {
    chrome: reported('ReferenceError', 'boom is not defined', [
      ['', 9],
      ['runTemplate', 5],
      ['eval', 1],
    ]),
    firefox: reported('ReferenceError', 'boom is not defined', [
      ['', 9],
      ['runTemplate', 5],
      ['eval', 1],
    ]),
    safari: reported('ReferenceError', "Can't find variable: boom", [
      ['global code', 9],
      ['runTemplate', 5],
      ['eval', 1, '[native code]'],
      ['eval code', 1, '[native code]'],
    ]),
  },
  'a promise that nobody waited for': {
    chrome: reported('Error', 'no stock', [
      ['', 9],
      ['Function.check', 5],
      ['get total [as total]', 3],
    ]),
    firefox: reported('Error', 'no stock', [
      ['promise callback*order', 20],
      ['order/<', 9],
      ['check', 5],
      ['get total', 3],
    ]),
    safari: reported('Error', 'no stock', [
      ['promiseReactionJob', 1, '[native code]'],
      ['', 9],
      ['check', 5],
      ['total', 3],
    ]),
  },
  'a timer': {
    chrome: reported('RangeError', 'Maximum call stack size exceeded', [
      ['', 8],
      ['Module.poll', 4],
    ]),
    firefox: reported('RangeError', 'too much recursion', [
      ['start', 3],
      ['setTimeout handler*start', 7],
      ['start/timer<', 8],
      ['poll', 4],
    ]),
    safari: reported('RangeError', 'Maximum call stack size exceeded.', [
      ['', 8],
      ['poll', 4],
    ]),
  },
}

describe.each(Object.entries(errors))('%s', (_, byBrowser) => {
  const [[, chrome], ...others] = Object.entries(byBrowser) as [
    [string, SentryEvent],
    ...[string, SentryEvent][],
  ]

  it.each(others)('is one issue from Chrome and %s', (_browser, event) => {
    expect(grouped(event).hashes[0]).toBe(grouped(chrome).hashes[0])
  })
})

describe('errors of one browser', () => {
  const one = reported('TypeError', 'x', [
    ['', 50],
    ['load', 40],
    ['Cart.add', 10],
  ])

  it('are another issue where another function threw', () => {
    const other = reported('TypeError', 'x', [
      ['', 50],
      ['load', 40],
      ['Cart.remove', 10],
    ])
    expect(isSameIssue(one, other)).toBe(false)
  })

  it('are another issue where another function called', () => {
    const other = reported('TypeError', 'x', [
      ['', 50],
      ['save', 40],
      ['Cart.add', 10],
    ])
    expect(isSameIssue(one, other)).toBe(false)
  })

  it('are one issue whatever the lines and the build are called', () => {
    const other = reported('TypeError', 'y', [
      ['', 51, 'https://shop.example/static/app.9f8e7d6c.js'],
      ['load', 41, 'https://shop.example/static/app.9f8e7d6c.js'],
      ['Cart.add', 11, 'https://shop.example/static/app.9f8e7d6c.js'],
    ])
    expect(isSameIssue(one, other)).toBe(true)
  })

  it('have no stack to go by when the only frame has no name: type and message decide', () => {
    const script = reported('Error', 'Script failed for user 4', [['', 1]])
    const other = reported('Error', 'Script failed for user 5', [['', 7]])
    const third = reported('Error', 'Something else', [['', 1]])
    expect(isSameIssue(script, other)).toBe(true)
    expect(isSameIssue(script, third)).toBe(false)
  })
})

describe('what a browser extension throws', () => {
  it('is not of the application', () => {
    const extension = 'chrome-extension://abcdefgh/content.js'
    const event = reported('Error', 'x', [
      ['run', 1, extension],
      ['inject', 2, extension],
    ])
    expect(grouped(event).variants.find((one) => one.name === 'app')?.contributes).toBe(false)
  })
})
