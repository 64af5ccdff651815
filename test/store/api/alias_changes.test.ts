import { beforeEach, describe, expect, test } from 'vitest'
import { createEsApp, type EsApp } from './es_app.ts'

describe('POST /_aliases', () => {
  let app: EsApp
  beforeEach(async () => {
    app = createEsApp()
    await app.ask('PUT', '/b1', { aliases: { x1: {} } })
    await app.ask('PUT', '/b2')
    await app.ask('PUT', '/b1/_doc/1?refresh=true', { kept: true })
  })

  const change = (...actions: object[]) => app.ask('POST', '/_aliases', { actions })
  const state = async () => [(await app.ask('GET', '/_alias')).body, app.engine.catalogue.indices]
  const add = (index: string, alias: string, more: object = {}) => ({
    add: { index, alias, ...more },
  })
  const remove = (index: string, alias: string, more: object = {}) => ({
    remove: { index, alias, ...more },
  })
  const removeIndex = (index: string) => ({ remove_index: { index } })
  const writer = { is_write_index: true }

  test.each([
    [[removeIndex('b1'), add('nobody', 'yy')], 404, 'index_not_found_exception'],
    [[add('b1', 'xx'), removeIndex('nobody')], 404, 'index_not_found_exception'],
    [[removeIndex('b1'), add('b1', 'yy')], 404, 'index_not_found_exception'],
    [
      [removeIndex('b1'), remove('b1', 'nope', { must_exist: false })],
      404,
      'index_not_found_exception',
    ],
    [[removeIndex('b1'), add('b2', 'UPPER')], 400, 'invalid_index_name_exception'],
    [[removeIndex('b1'), add('b2', 'b2')], 400, 'invalid_alias_name_exception'],
    [
      [add('b2', 'x2'), remove('b1', 'x1'), remove('b1', 'nope', { must_exist: true })],
      404,
      'aliases_not_found_exception',
    ],
    [[remove('b1', 'nope'), remove('b2', 'nope')], 404, 'aliases_not_found_exception'],
    [[add('b1', 'w', writer), add('b2', 'w', writer)], 500, 'illegal_state_exception'],
  ])('%j is refused and changes nothing', async (actions, status, type) => {
    const before = await state()
    const reply = await change(...actions)
    expect([reply.status, reply.body['error']!['type']]).toEqual([status, type])
    expect(await state()).toEqual(before)
    expect((await app.ask('GET', '/b1/_doc/1')).status).toBe(200)
  })

  test.each([
    ['the index last', [add('b2', 'b1'), removeIndex('b1')]],
    ['the index first', [removeIndex('b1'), add('b2', 'b1')]],
  ])('an alias takes an index’s place: %s', async (_order, actions) => {
    expect((await change(...actions)).status).toBe(200)
    expect((await app.ask('GET', '/_alias')).body).toEqual({ b2: { aliases: { b1: {} } } })
    expect((await app.ask('GET', '/b1/_count')).body['count']).toBe(0)
  })

  test('a second write index is refused in a request of its own, and taken once the first is none', async () => {
    await change(add('b1', 'w', writer))
    const second = await app.ask('PUT', '/b2/_alias/w', writer)
    expect([second.status, second.body['error']!['reason']]).toEqual([
      500,
      'alias [w] has more than one write index [b1,b2]',
    ])
    const moved = await change(add('b2', 'w', writer), add('b1', 'w', { is_write_index: false }))
    expect(moved.status).toBe(200)
    expect((await app.ask('POST', '/w/_doc', {})).body['_index']).toBe('b2')
  })

  test('what was done of each action is told where an alias was missing', async () => {
    const missing = (...aliases: string[]) => ({
      type: 'aliases_not_found_exception',
      reason: `aliases [${aliases.join(', ')}] missing`,
      'resource.type': 'aliases',
      'resource.id': aliases.length === 1 ? aliases[0] : aliases,
    })
    const several = { remove: { indices: ['b*'], aliases: ['m', 'n*'] } }
    const one = remove('b1', 'nope', { must_exist: false })
    expect((await change(one, several, add('b*', 'yy'))).body).toEqual({
      acknowledged: true,
      errors: true,
      action_results: [
        {
          action: { type: 'remove', indices: ['b1'], aliases: ['nope'] },
          status: 404,
          error: missing('nope'),
        },
        {
          action: { type: 'remove', indices: ['b1', 'b2'], aliases: ['m', 'n*'] },
          status: 404,
          error: missing('m', 'n*'),
        },
        { action: { type: 'add', indices: ['b1', 'b2'], aliases: ['yy'] }, status: 200 },
      ],
    })
    const known = { acknowledged: true, errors: false }
    expect((await change(remove('b2', 'yy', { must_exist: true }))).body).toEqual(known)
    expect((await app.ask('PUT', '/b2/_alias/zz')).body).toEqual(known)
  })

  test('of several to remove one may be missing', async () => {
    expect((await change(remove('b1', 'nope'), remove('b1', 'x1'))).status).toBe(200)
    expect((await app.ask('GET', '/b1/_alias')).body).toEqual({ b1: { aliases: {} } })
  })
})
