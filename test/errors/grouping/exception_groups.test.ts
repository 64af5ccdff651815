import { describe, expect, it } from 'vitest'
import type { SentryEvent, SentryException } from '../../../errors/event/sentry_event.ts'
import { eventOf, grouped, hashesOf, isSameIssue } from './events.ts'

interface Given {
  readonly id: number
  readonly parent?: number
  readonly group?: boolean
  readonly in?: string
}

function failure(type: string, { id, parent, group, in: name }: Given): SentryException {
  return {
    type,
    value: `${type} of ${id}`,
    mechanism: {
      type: 'chained',
      exception_id: id,
      ...(parent !== undefined && { parent_id: parent }),
      ...(group && { is_exception_group: true }),
    },
    ...(name !== undefined && {
      stacktrace: { frames: [{ module: 'app', function: name, in_app: true }] },
    }),
  }
}

const root = failure('ExceptionGroup', { id: 0, group: true, in: 'gather' })
const event = (...values: SentryException[]): SentryEvent => eventOf({ exception: { values } })
const alone = (exception: SentryException) => event({ ...exception, mechanism: { type: 'x' } })

describe('a group of exceptions', () => {
  const one = failure('ValueError', { id: 1, parent: 0, in: 'parse' })
  const same = failure('ValueError', { id: 2, parent: 0, in: 'parse' })
  const other = failure('KeyError', { id: 3, parent: 0, in: 'find' })

  it('of one failure is that failure, however often it happened', () => {
    expect(hashesOf(event(one, root))).toEqual(hashesOf(alone(one)))
    expect(hashesOf(event(same, one, root))).toEqual(hashesOf(alone(one)))
    expect(grouped(event(same, one, root)).title).toBe('ValueError: ValueError of 1')
  })

  it('of several is one of each and the group', () => {
    expect(isSameIssue(event(other, one, root), event(other, same, one, root))).toBe(true)
    expect(isSameIssue(event(other, one, root), event(one, root))).toBe(false)
    expect(grouped(event(other, one, root)).title).toBe('ExceptionGroup: ExceptionGroup of 0')
  })

  it('does not depend on the order in which they failed', () => {
    const first = event(
      failure('B', { id: 2, parent: 0, in: 'b' }),
      failure('A', { id: 1, parent: 0, in: 'a' }),
      root,
    )
    const second = event(
      failure('A', { id: 2, parent: 0, in: 'a' }),
      failure('B', { id: 1, parent: 0, in: 'b' }),
      root,
    )
    expect(isSameIssue(first, second)).toBe(true)
  })

  it('within a group counts for what is in it', () => {
    const inner = failure('ExceptionGroup', { id: 1, parent: 0, group: true, in: 'inner' })
    const leaf = failure('ValueError', { id: 2, parent: 1, in: 'parse' })
    expect(hashesOf(event(leaf, inner, root))).toEqual(hashesOf(alone(leaf)))
  })

  it('keeps what caused the one failure', () => {
    const cause = failure('OSError', { id: 2, parent: 1, in: 'read' })
    const withCause = event(cause, one, root)
    expect(isSameIssue(withCause, event(one, root))).toBe(false)
    expect(grouped(withCause).title).toBe('ValueError: ValueError of 1')
  })

  it.each<[string, SentryException[]]>([
    ['an unknown parent', [failure('A', { id: 1, parent: 7 }), root]],
    ['an id twice', [failure('A', { id: 0, parent: 0 }), root]],
    ['its own parent', [failure('A', { id: 1, parent: 1 }), root]],
    ['a circle', [failure('A', { id: 1, parent: 2 }), failure('B', { id: 2, parent: 1 }), root]],
    ['no root', [failure('A', { id: 1, parent: 2 }), failure('G', { id: 2, group: true })]],
    ['no id', [{ type: 'A', value: 'x' }, root]],
  ])('stays as it is with %s', (_, values) => {
    const parts = grouped(event(...values)).variants.find((one) => one.component)!.component!.values
    const [chain] = parts
    expect(typeof chain !== 'string' && chain!.id).toBe('chained-exception')
    expect(typeof chain !== 'string' && chain!.values).toHaveLength(values.length)
  })

  it('is a plain chain where none is a group', () => {
    const chain = event(failure('A', { id: 1, parent: 0 }), failure('B', { id: 0 }))
    const plain = event({ type: 'A', value: 'A of 1' }, { type: 'B', value: 'B of 0' })
    expect(hashesOf(chain)).toEqual(hashesOf(plain))
  })

  it('of ten thousand is no trouble', () => {
    const values = Array.from({ length: 10_000 }, (__, at) =>
      at === 9999 ? root : failure('E', { id: at + 1, parent: at === 0 ? 0 : at }),
    )
    expect(hashesOf(event(...values))).toHaveLength(1)
  })
})
