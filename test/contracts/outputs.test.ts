import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { outputs } from '../../collector/outputs/all.ts'
import { writeTo } from '../../collector/outputs/stdout.ts'
import type { Output } from '../../core/delivery/output.ts'
import { startBulkSink, type BulkSink } from '../peers/bulk_sink.ts'
import { chunkOf, numbered, segment, testContext } from '../collector/outputs/chunks.ts'

let folder: string
let sink: BulkSink
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-outputs-'))
  sink = await startBulkSink()
})
afterAll(async () => {
  await sink.stop()
  rmSync(folder, { recursive: true })
})

const create = (config: { type: string }): Output =>
  outputs.create(outputs.schema.parse(config), testContext().context)

/** How to make each output, with a target that works. */
const makers: Record<string, () => Output> = {
  elasticsearch: () => create({ type: 'elasticsearch', hosts: [sink.url] } as { type: string }),
  file: () => create({ type: 'file', path: join(folder, '{tag}.log') } as { type: string }),
  null: () => create({ type: 'null' }),
  stdout: () => writeTo(new PassThrough().resume()),
}

let written = 0
const fresh = () => {
  written += 1
  const id = segment.slice(0, -6) + String(written).padStart(6, '0')
  return { chunk: chunkOf([numbered(20, 'a'), numbered(20, 'b')], id), mayBeKnown: false }
}
const soon = () => AbortSignal.timeout(10_000)

it('every output is in this test', () => {
  expect(Object.keys(makers).toSorted()).toEqual(outputs.types.toSorted())
})

describe.each(Object.keys(makers))('the contract of outputs: %s', (type) => {
  let output: Output
  beforeEach(() => {
    output = makers[type]!()
  })
  afterEach(() => output.stop(soon()))

  it('stops without start, and twice', async () => {
    await output.stop(soon())
    await output.stop(soon())
  })

  it('delivers, and resolves to what was refused', async () => {
    await output.start()
    expect(await output.write(fresh(), soon())).toEqual([])
  })

  it('takes several writes at once', async () => {
    await output.start()
    const writes = Array.from({ length: 8 }, () => output.write(fresh(), soon()))
    expect(await Promise.all(writes)).toEqual(Array.from({ length: 8 }, () => []))
  })

  it('takes an event again that may be known', async () => {
    await output.start()
    const delivery = fresh()
    await output.write(delivery, soon())
    expect(await output.write({ ...delivery, mayBeKnown: true }, soon())).toEqual([])
  })

  it('leaves the chunk as it was', async () => {
    await output.start()
    const delivery = fresh()
    const before = Buffer.from(delivery.chunk.bytes)
    await output.write(delivery, soon())
    expect(delivery.chunk.bytes.equals(before)).toBe(true)
  })

  it('tells its status as JSON before, while and after it runs', async () => {
    const isJson = () => JSON.parse(JSON.stringify(output.status())) as unknown
    expect(isJson()).toBeTypeOf('object')
    await output.start()
    await output.write(fresh(), soon())
    expect(isJson()).toBeTypeOf('object')
    await output.stop(soon())
    expect(isJson()).toBeTypeOf('object')
  })

  it('can be checked without being started', async () => {
    for (const found of await output.check(soon())) {
      expect('note' in found ? found.note : found.problem).toMatch(/ /)
    }
  })
})
