import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { writeTo } from '../../../collector/outputs/stdout.ts'
import { chunkOf, numbered } from './chunks.ts'

const soon = () => AbortSignal.timeout(5_000)
const delivery = () => ({ chunk: chunkOf([numbered(3)]), mayBeKnown: false })

describe('the stdout output', () => {
  it('prints lines', async () => {
    const stream = new PassThrough()
    const output = writeTo(stream)
    await output.start()
    expect(await output.write(delivery(), soon())).toEqual([])
    expect(String(stream.read()).split('\n')).toHaveLength(4)
  })

  it('waits for a slow reader, and gives up at the deadline', async () => {
    let release: () => void = () => {}
    const slow = new Writable({
      write(_chunk, _encoding, done) {
        release = () => done()
      },
    })
    const output = writeTo(slow)
    await output.start()
    const deadline = new AbortController()
    const stuck = output.write(delivery(), deadline.signal)
    deadline.abort()
    await expect(stuck).rejects.toMatchObject({ fateUnknown: true })
    release()
    const second = output.write(delivery(), soon())
    await new Promise((resolve) => setImmediate(resolve))
    release()
    expect(await second).toEqual([])
  })

  it('survives a reader that ends', async () => {
    const broken = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const output = writeTo(broken)
    await output.start()
    await expect(output.write(delivery(), soon())).rejects.toThrow('EPIPE')
    await expect(output.write(delivery(), soon())).rejects.toThrow('EPIPE')
    expect(output.status()).toMatchObject({ broken: 'write EPIPE' })
  })
})
