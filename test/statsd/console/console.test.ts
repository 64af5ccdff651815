import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { Console, type ConsoleOptions } from '../../../statsd/console/console.ts'
import { ConsoleSeries } from '../../../statsd/console/series.ts'
import { fakeContext } from '../../collector/fake_world.ts'

const world = () => ({
  series: new ConsoleSeries({ show: async () => [], delete: async () => [] }, async () => ({})),
  facts: () => Promise.reject(new Error('the thread is gone')),
  config: {},
  health: 'up' as const,
})

function consoleOf(given: Partial<ConsoleOptions> = {}) {
  const listen = [{ protocol: 'tcp', host: '127.0.0.1', port: 0 }] as const
  const options = { listen, mayBeTaken: false, maxConnections: 5, ...given }
  return new Console(options, world(), fakeContext())
}

async function ask(address: string, text: string): Promise<string> {
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1').setEncoding('utf8')
  let answer = ''
  socket.on('data', (part: string) => (answer += part))
  socket.on('error', () => undefined)
  socket.write(text)
  await once(socket, 'close')
  return answer
}

test('commands are answered in turn until quit, and by the end of what was sent', async () => {
  const console = consoleOf()
  await console.start()
  const [address] = console.status().listen
  expect(await ask(address!, 'health\r\ncounters\nquit\nhealth\n')).toBe('health: up\n{}\nEND\n\n')
  expect(await ask(address!, 'health down\nquit')).toBe('health: down\n')
  // What fails ends the connection, not the console.
  expect(await ask(address!, 'stats\n')).toBe('')
  expect(await ask(address!, 'health\nquit\n')).toBe('health: down\n')
  await console.stop()
  await console.stop()
})

test('a default address that is taken is a warning, one of the config an error', async () => {
  const first = consoleOf()
  await first.start()
  const port = Number(first.status().listen[0]!.split(':').at(-1))
  const listen = [{ protocol: 'tcp', host: '127.0.0.1', port }] as const
  const second = consoleOf({ listen, mayBeTaken: true })
  await second.start()
  expect(second.status()).toMatchObject({
    listen: [],
    problems: [expect.stringContaining(`${port}`)],
  })
  await expect(consoleOf({ listen }).start()).rejects.toMatchObject({ code: 'WEIR_LISTEN_FAILED' })
  await Promise.all([first.stop(), second.stop()])
})
