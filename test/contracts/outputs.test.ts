import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { outputs } from '../../collector/outputs/all.ts'
import { writeTo } from '../../collector/outputs/stdout.ts'
import type { Output } from '../../core/delivery/output.ts'
import { startBulkSink, type BulkSink } from '../peers/bulk_sink.ts'
import { outputContract } from './output_contract.ts'
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

it('every output is in this test', () => {
  expect(Object.keys(makers).toSorted()).toEqual(outputs.types.toSorted())
})

for (const [type, make] of Object.entries(makers)) outputContract(type, make, fresh)
