import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkPrometheus } from '../../commands/check_prometheus.ts'
import { statsdConfig } from '../../statsd/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-check-'))
afterAll(() => rmSync(folder, { recursive: true }))

const check = (config: object) => checkPrometheus(statsdConfig.parse(config))

test('every mistake of a mapping file is a problem of its own, with its place', () => {
  const file = join(folder, 'mapping.yml')
  writeFileSync(file, 'mappings:\n- { match: "a b", name: a }\n- { match: a, name: "b-c" }\n')
  expect(check({ prometheus: { mapping_file: file } }).map(({ message }) => message)).toEqual([
    expect.stringContaining(`${file}:2:12: mappings[0].match: "a b" is no part of a glob`),
    expect.stringContaining(`${file}:3:21: mappings[1].name: "b-c" is no name of a metric`),
  ])
  const [missing] = check({ prometheus: { mapping_file: join(folder, 'none.yml') } })
  expect(missing).toMatchObject({ level: 'problem', message: expect.stringMatching(/ENOENT/) })
  writeFileSync(file, 'mappings: [{ match: "a.*", name: a }]')
  expect(check({ prometheus: { mapping_file: file } })).toEqual([])
})

test('a machine without /proc is a note', () => {
  expect(check({ host: { proc: folder } })).toMatchObject([
    { level: 'note', subject: 'statsd.host' },
  ])
  expect(check({ host: { proc: folder, enabled: false } })).toEqual([])
})
