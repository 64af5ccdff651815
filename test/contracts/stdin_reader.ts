/** Prints what the stdin input takes in, in a worker thread; ends when the input has ended. */
import { isMainThread, Worker } from 'node:worker_threads'
import { pino } from 'pino'
import { inputs } from '../../collector/inputs/all.ts'
import { systemClock } from '../../core/clock.ts'
import { createMetrics, Registry } from '../../core/metrics.ts'

if (isMainThread) new Worker(new URL(import.meta.url))
else {
  const input = await inputs.create(inputs.schema.parse({ type: 'stdin' }), {
    id: 'input.stdin',
    log: pino({ level: 'silent' }),
    clock: systemClock,
    metrics: createMetrics(new Registry()),
    count: () => undefined,
    random: Math.random,
    dataFolder: '/nonexistent',
    positions: new Map(),
    worker: { index: 0, count: 1 },
    deliver: async ({ source, spans, count }) => {
      for (let i = 0; i < count; i++) {
        console.log(source.toString('utf8', spans[2 * i], spans[2 * i + 1]))
      }
      return { accepted: count, refused: [] }
    },
  })
  await input.start()
  while (input.status()['state'] === 'open') await new Promise((resolve) => setTimeout(resolve, 5))
  await input.stop(AbortSignal.timeout(20_000))
}
