import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Delivery, Output } from '../../core/delivery/output.ts'

const soon = () => AbortSignal.timeout(10_000)

/**
 * What every Output does.
 *
 * @param make one whose target works.
 * @param fresh a delivery that the target has not had.
 */
export function outputContract(name: string, make: () => Output, fresh: () => Delivery): void {
  describe(`the contract of outputs: ${name}`, () => {
    let output: Output
    beforeEach(() => {
      output = make()
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
}
