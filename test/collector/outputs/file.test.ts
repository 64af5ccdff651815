import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileOutput } from '../../../collector/outputs/file.ts'
import { systemFiles, type FileHandle, type Files } from '../../../core/files.ts'
import type { Chunk } from '../../../core/journal/chunk.ts'
import { chunkOf, numbered } from './chunks.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-file-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (output: FileOutput, chunk: Chunk) => output.write({ chunk, mayBeKnown: false })
const linesOf = (name: string) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1)

describe('the file output', () => {
  it('appends by tag and time, in order, making folders', async () => {
    const output = new FileOutput(join(folder, '{tag}/%Y-%m-%d.ndjson'), systemFiles)
    const at = (day: number, n: number) => ({ '@timestamp': `2026-11-${day}T10:00:00Z`, n })
    const days = [at(21, 0), at(21, 1), at(22, 2), at(21, 3)]
    await write(output, chunkOf([{ tag: 'a', events: days }, numbered(2, 'b')]))
    await write(output, chunkOf([{ tag: 'a', events: [at(22, 4)] }]))
    const numbers = (name: string) => linesOf(name).map((line) => JSON.parse(line).n)
    expect(numbers('a/2026-11-21.ndjson')).toEqual([0, 1, 3])
    expect(numbers('a/2026-11-22.ndjson')).toEqual([2, 4])
    expect(numbers('b/2026-11-21.ndjson')).toEqual([0, 1])
  })

  it('cuts off what a crash left of an event', async () => {
    writeFileSync(join(folder, 'log'), '{"@timestamp":"1"}\n{"@timest')
    await write(new FileOutput(join(folder, 'log'), systemFiles), chunkOf([numbered(1)]))
    expect(linesOf('log')).toHaveLength(2)
    for (const line of linesOf('log')) JSON.parse(line)
    writeFileSync(join(folder, 'long'), `{"@timestamp":"${'x'.repeat(200_000)}`)
    await write(new FileOutput(join(folder, 'long'), systemFiles), chunkOf([numbered(1)]))
    expect(linesOf('long')).toHaveLength(1)
  })

  it('leaves a file alone that is not its own', async () => {
    writeFileSync(join(folder, 'log'), 'root:x:0:0')
    const output = new FileOutput(join(folder, 'log'), systemFiles)
    await expect(write(output, chunkOf([numbered(1)]))).rejects.toThrow('no event')
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('root:x:0:0')
  })

  it('takes a failed write back and goes on when it can', async () => {
    let isFull = true
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
    const files: Files = {
      ...systemFiles,
      async open(path, flags): Promise<FileHandle> {
        const file = await systemFiles.open(path, flags)
        return {
          ...file,
          async write(parts, position) {
            if (!isFull) return await file.write(parts, position)
            await file.write([parts[0]!.subarray(0, 20)], position)
            throw full
          },
        }
      },
    }
    const output = new FileOutput(join(folder, 'log'), files)
    await expect(write(output, chunkOf([numbered(2)]))).rejects.toMatchObject({
      code: 'WEIR_OUTPUT_UNAVAILABLE',
      fateUnknown: false,
    })
    expect(linesOf('log')).toEqual([])
    isFull = false
    await write(output, chunkOf([numbered(2)]))
    expect(linesOf('log')).toHaveLength(2)
  })

  it('keeps writes apart that come at once', async () => {
    const output = new FileOutput(join(folder, 'log'), systemFiles)
    await Promise.all(Array.from({ length: 8 }, () => write(output, chunkOf([numbered(50)]))))
    expect(linesOf('log')).toHaveLength(400)
    for (const line of linesOf('log')) JSON.parse(line)
  })

  it('keeps to its folder whatever the tag is', async () => {
    const output = new FileOutput(join(folder, '{tag}.log'), systemFiles)
    await write(output, chunkOf([numbered(1, '../../etc/x'), numbered(1, '..')]))
    expect(readdirSync(folder)).toEqual(['_.log', '__.._etc_x.log'])
  })
})
