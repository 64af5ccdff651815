import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { Connections } from '../../../../store/embedded/segments/connections.ts'
import { openDuckDB } from '../../../../store/embedded/segments/duckdb.ts'
import { RememberedFooters } from '../../../../store/embedded/segments/remembered_footers.ts'
import type { Segment } from '../../../../store/embedded/segments/segment.ts'

/** A segment of so many row groups. */
const ofGroups = (groups: number) => ({ parts: [{ rows: groups * 40_960 }] }) as unknown as Segment

async function remembering(remembersFooters: boolean) {
  const folder = mkdtempSync(`${tmpdir()}/weir-footers-`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return await openDuckDB(folder, `${folder}/spill`, { memory: 1e8, threads: 1, remembersFooters })
}

async function isRemembering(connections: Connections): Promise<unknown> {
  return await connections.lent(async (connection) => {
    const reader = await connection.runAndReadAll(
      `select current_setting('parquet_metadata_cache')`,
    )
    return reader.getRows()[0]![0]
  })
}

test('every connection remembers footers, or none; what takes its place is asked from then on', async () => {
  const connections = new Connections(await remembering(true))
  expect(await isRemembering(connections)).toBe(true)
  let during: unknown
  await connections.lent(async (connection) => {
    connections.replace(await remembering(false))
    during = (await connection.runAndReadAll('select 1')).getRows()[0]![0]
  })
  expect(during).toBe(1)
  expect(await isRemembering(connections)).toBe(false)
  connections.close()
})

test('footers are remembered of so many row groups, and forgotten when as many came and went', () => {
  const [few, many] = [[ofGroups(3_000)], [ofGroups(3_000), ofGroups(1_001)]]
  const footers = new RememberedFooters(few)
  expect(footers.isOn).toBe(true)
  footers.added([ofGroups(2_000)])
  expect(footers.isOver(few)).toBe(false)
  footers.added([ofGroups(1)])
  expect([footers.isOver(few), footers.isOn]).toEqual([true, true])
  expect(footers.isOver(few)).toBe(false)
  footers.added([ofGroups(2_001)])
  expect([footers.isOver(many), footers.isOn]).toEqual([true, false])
  footers.added([ofGroups(2_001)])
  // There is nothing to forget.
  expect([footers.isOver(many), footers.isOn]).toEqual([false, false])
  expect(new RememberedFooters(many).isOn).toBe(false)
})
