import { describe, expect, it } from 'vitest'
import { groupingInfo } from '../../../errors/grouping/info.ts'
import { groupingRules } from '../../../errors/grouping/rules.ts'
import { hashesOf, logged, standard, thrown } from './events.ts'

const event = thrown(
  { type: 'E', value: 'v' },
  [
    { module: 'app', function: 'a', in_app: true },
    { module: 'lib', function: 'b', in_app: false },
  ],
  { logentry: { formatted: 'also said' } },
)

describe('grouping info', () => {
  it('has the variants by name, with what made them', () => {
    const info = groupingInfo(event, standard, hashesOf(event))
    expect(Object.keys(info)).toEqual(['app', 'system', 'default'])
    expect(info.app).toMatchObject({
      type: 'component',
      description: 'in-app exception stack-trace',
      hash: hashesOf(event)[0],
      hashMismatch: false,
      config: { id: 'weir:2026-11-21' },
      component: {
        id: 'app',
        name: 'in-app',
        contributes: true,
        values: [
          {
            id: 'exception',
            values: [
              { id: 'type', contributes: true, values: ['E'] },
              {
                id: 'value',
                contributes: false,
                hint: 'ignored because stacktrace takes precedence',
                values: ['v'],
              },
              {
                id: 'stacktrace',
                name: 'stack-trace',
                values: [
                  { id: 'frame', contributes: true, hint: null },
                  { id: 'frame', contributes: false, hint: 'non app frame' },
                ],
              },
            ],
          },
        ],
      },
    })
  })

  it('shows what was outweighed, and by what', () => {
    expect(groupingInfo(event, standard).default).toMatchObject({
      contributes: false,
      hash: null,
      component: {
        values: [{ id: 'message', hint: 'ignored because exception takes precedence' }],
      },
    })
  })

  it('marks hashes that the event was not filed under', () => {
    const info = groupingInfo(event, standard, ['0'.repeat(32)])
    expect(info.app).toMatchObject({ hashMismatch: true })
    expect(info.default).toMatchObject({ hashMismatch: false })
  })

  it('says which rule gave a fingerprint, and what it outweighs', () => {
    const rules = groupingRules({ fingerprintRules: 'type:E -> mine, {{ type }}' })
    const info = groupingInfo({ ...event, fingerprint: ['sent'] }, rules)
    expect(info['custom-fingerprint']).toMatchObject({
      type: 'custom-fingerprint',
      values: ['mine', 'E'],
      client_values: ['sent'],
      matched_rule: 'type:E -> mine, {{ type }}',
      description: 'custom fingerprint',
    })
    expect(info.app).toMatchObject({
      contributes: false,
      hint: 'custom fingerprint takes precedence',
    })
  })

  it.each([
    [logged('x 1'), 'default', 'message'],
    [logged('x', { checksum: 'a'.repeat(32) }), 'checksum', 'legacy checksum'],
    [logged('x', { fingerprint: ['{{ default }}', 'y'] }), 'default', 'modified message'],
    [logged(''), 'fallback', 'fallback: the event has nothing to be grouped by'],
  ])('%#', (given, name, description) => {
    expect(groupingInfo(given, standard)[name]).toMatchObject({ description })
  })

  it('is JSON', () => {
    const info = groupingInfo(thrown({ type: '\ud800', value: '\0' }, [{}]), standard)
    expect(JSON.parse(JSON.stringify(info))).toEqual(info)
  })
})
