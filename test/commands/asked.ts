import { rmSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { type Operations, serveControl } from '../../core/control.ts'
import { inProcess } from './in_process.ts'
import { type Ended, newFolder } from './weir.ts'

/** Runs a command against a data folder whose Weir has these operations alone. */
export async function asked(argv: readonly string[], operations: Operations): Promise<Ended> {
  const folder = newFolder()
  const control = serveControl(folder, operations)
  await control.start()
  onTestFinished(async () => {
    await control.stop(AbortSignal.timeout(20_000))
    rmSync(folder, { recursive: true, force: true })
  })
  return await inProcess([...argv, '-d', folder])
}

/** A store that answers all searches with `answer`, and the requests that it got. */
export function answering(answer: object | ((request: Record<string, unknown>) => object)) {
  const requests: { target: string; request: Record<string, unknown> }[] = []
  const operations: Operations = {
    async *'store.search'(args) {
      const given = args as unknown as (typeof requests)[number]
      requests.push(given)
      yield typeof answer === 'function' ? answer(given.request) : answer
    },
  }
  return { requests, operations }
}

/** A search's answer with these documents. */
export const hitsOf = (sources: readonly object[], total = sources.length) => ({
  hits: {
    total: { value: total, relation: 'eq' },
    hits: sources.map((source, i) => ({ _index: 'i', _id: `${i}`, _source: source, sort: [i] })),
  },
})
