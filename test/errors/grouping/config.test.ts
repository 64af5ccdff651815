import { describe, expect, it } from 'vitest'
import { groupingConfig, projectGrouping } from '../../../errors/grouping/config.ts'
import { group } from '../../../errors/grouping/group.ts'
import { projectRules, rulesOf } from '../../../errors/grouping/project_rules.ts'
import { thrown } from './events.ts'

const event = thrown({ type: 'E', value: 'v' }, [{ module: 'app', function: 'f', in_app: true }])
const values = (rules: ReturnType<typeof rulesOf>) => group(event, rules).variants[0]!.values

describe('settings', () => {
  it('have defaults', () => {
    expect(groupingConfig.parse({})).toEqual({
      version: 'weir:2026-11-21',
      fingerprint_rules: '',
      stack_trace_rules: '',
      built_in_rules: true,
    })
  })

  it.each([
    [{ fingerprint_rules: 'type:a -> b\ntype:c' }, 'line 2, column 7: expected another matcher'],
    [{ stack_trace_rules: '\nfunction:a -ap' }, 'line 2, column 12: "-ap" is no action'],
    [{ previous: { until: 'soon' } }, 'expected a date, such as 2027-02-01'],
    [{ previous: { until: '2027-13-40' } }, 'expected a date'],
  ])('%j is refused', (config, message) => {
    const { error } = groupingConfig.safeParse(config)
    expect(error?.issues[0]?.message).toContain(message)
  })
})

describe('rules of a project', () => {
  const all = groupingConfig.parse({
    fingerprint_rules: 'type:E -> all',
    stack_trace_rules: 'function:f -app',
  })

  it('come before those of all, the last word being theirs', () => {
    expect(values(rulesOf(all))).toEqual(['all'])
    const own = projectGrouping.parse({ fingerprint_rules: 'type:E -> own' })
    expect(values(rulesOf(all, own))).toEqual(['own'])
    const stack = rulesOf(
      { ...all, fingerprint_rules: '' },
      projectGrouping.parse({ stack_trace_rules: 'function:f +app' }),
    )
    expect(group(event, stack).variants[0]).toMatchObject({ name: 'app', contributes: true })
  })

  it('are compiled once for all projects that say the same', () => {
    const of = projectRules(all)
    expect(of(undefined)).toBe(of({}))
    expect(of({ built_in_rules: false })).toBe(of({ built_in_rules: false }))
    expect(of({ built_in_rules: false })).not.toBe(of(undefined))
  })

  it('of before stand beside what the other level has', () => {
    const before = { previous: { until: '2999-01-01', fingerprint_rules: 'type:E -> before' } }
    const hashes = (rules: ReturnType<typeof rulesOf>) => group(event, rules).previous?.hashes
    const changed = rulesOf(groupingConfig.parse(before))
    expect(hashes(changed)).toHaveLength(1)
    expect(hashes(rulesOf(all, projectGrouping.parse(before)))).toEqual(hashes(changed))
    expect(group(event, rulesOf(all)).previous).toBeUndefined()
  })
})
