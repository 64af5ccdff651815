import { expect, test } from 'vitest'
import { nullOutput } from '../../../collector/outputs/null.ts'
import { outputs } from '../../../collector/outputs/all.ts'
import type { Delivery } from '../../../core/delivery/output.ts'
import type { Context } from '../../../core/context.ts'

test('takes whatever it gets and refuses nothing', async () => {
  const config = outputs.schema.parse({ type: 'null' })
  const output = nullOutput.create(config, {} as Context)
  await expect(output.write({} as Delivery, AbortSignal.timeout(20_000))).resolves.toEqual([])
  await expect(output.check(AbortSignal.timeout(20_000))).resolves.toEqual([])
})
