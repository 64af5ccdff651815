import { describe, expect, it } from 'vitest'
import type { Chunk } from '../../../../core/journal/chunk.ts'
import { bulkBody } from '../../../../store/elasticsearch/bulk/bulk_body.ts'
import { indicesOf } from '../../../../store/elasticsearch/bulk/indices.ts'
import { chunkOf, numbered, segment } from '../../../collector/outputs/chunks.ts'
import { plainBody } from './plain_body.ts'

const build = (chunk: Chunk, indices: string) =>
  bulkBody(chunk, indicesOf(indices), (size) => Buffer.alloc(size))

describe('bulkBody', () => {
  it('names a single stream in the URL', () => {
    const body = build(chunkOf([numbered(2)]), 'data_stream')
    expect(body.index).toBe('logs-app-default')
    const lines = body.bytes.toString().split('\n')
    expect(lines[0]).toBe(`{"create":{"_id":"${segment}-0"}}`)
    expect(lines[2]).toBe(`{"create":{"_id":"${segment}-1"}}`)
    expect(lines).toHaveLength(5)
  })

  it('names several streams in the actions', () => {
    const chunk = chunkOf([numbered(1, 'a'), numbered(1, 'b')])
    const body = build(chunk, 'data_stream')
    expect(body.index).toBeUndefined()
    expect(body.bytes.toString()).toBe(plainBody(chunk, 'data_stream', true))
  })

  it('carries ordinals over a power of ten', () => {
    for (const ordinal of [8, 98, 989, 9_999_998]) {
      const chunk = chunkOf([{ ...numbered(15), ordinal }])
      expect(build(chunk, 'data_stream').bytes.toString()).toBe(
        plainBody(chunk, 'data_stream', false),
      )
    }
  })

  it('changes the dated index where the date changes', () => {
    const at = (time: string) => ({ '@timestamp': time })
    const times = ['2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00Z', '2026-11-21T23:59:59Z']
    const chunk = chunkOf([{ events: times.map(at) }])
    const body = build(chunk, 'dated').bytes.toString()
    expect(body).toBe(plainBody(chunk, 'dated', true))
    expect(body.match(/weir-app-2026\.11\.2\d/g)).toEqual([
      'weir-app-2026.11.21',
      'weir-app-2026.11.22',
      'weir-app-2026.11.21',
    ])
  })

  it('takes no action out of an event', () => {
    const forged = { '@timestamp': '2026-11-21T10:17:37Z', message: 'x\n{"delete":{"_id":"1"}}\n' }
    const body = build(chunkOf([{ events: [forged] }]), 'data_stream')
    expect(body.bytes.toString().split('\n')).toHaveLength(3)
  })
})
